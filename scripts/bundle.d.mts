import type { BuildOptions } from 'esbuild';

export function bundle(entry: string, settings: BuildOptions): Promise<Buffer>;
