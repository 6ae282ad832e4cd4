// Types of steps.mjs, for the browser tests.
export const root: string;
/** Answers the exit code of a program that has run in the root of the tree. */
export function run(program: string, args: string[], options?: { env?: Record<string, string> }): Promise<number>;
