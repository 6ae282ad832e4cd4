import type { BuildOptions } from 'esbuild';

export function bundle(entry: string, settings: BuildOptions, shown?: string[]): Promise<Buffer>;
