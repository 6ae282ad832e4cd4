// Types of steps.mjs, for the browser tests.
export const root: string;
