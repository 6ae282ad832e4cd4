// Runs the steps of a build or a test, each with its elapsed time.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** The server that tests run. `npm run sanitize` names others. */
export const widgentd = process.env.WIDGENTD ?? `${root}/build/native/widgentd`;

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Announces a step, runs it, and says how long it took. */
export async function step(name, run) {
  const start = performance.now();
  console.log(`» ${name}`);
  try {
    return await run();
  } finally {
    console.log(`» ${name}: ${seconds(start)}`);
  }
}

/**
 * Runs a program in the root of the tree. Its output goes on to ours and, where `read` is given, to that function too.
 * Answers its exit code; throws where it could not be started.
 */
export function run(program, args, { env, read, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', read ? 'pipe' : 'inherit', 'inherit'],
    });
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      if (!quiet) process.stdout.write(text);
      read(text);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ? 128 : code));
  });
}

/** The same, for what must succeed. */
export async function must(program, args, options) {
  const code = await run(program, args, options);
  if (code !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${code}`);
}

/** What a program prints. */
export async function output(program, args) {
  let text = '';
  await must(program, args, { quiet: true, read: (piece) => (text += piece) });
  return text;
}
