// Builds the server (build/native), the session core (build/wasm) and the browser's files (build/web). Each step does
// only what has changed since the last time.
import { existsSync, statSync } from 'node:fs';
import { must, root, step } from './steps.mjs';

/** Configures where that has not been done; ninja itself sees to changed CMake files, but not to changed presets. */
export async function compile(preset, targets) {
  // npm puts node_modules/.bin before the path, and Emscripten would take the binaryen there for its own.
  const path = process.env.PATH.split(':').filter((folder) => !folder.endsWith('/node_modules/.bin'));
  const env = { PATH: path.join(':') };
  const ninja = `${root}/build/${preset}/build.ninja`;
  if (!existsSync(ninja) || statSync(ninja).mtimeMs < statSync(`${root}/CMakePresets.json`).mtimeMs)
    await must('cmake', ['--preset', preset], { env });
  await must('cmake', ['--build', '--preset', preset, '--target', ...targets], { env });
}

export async function build(nativeTargets = ['widgentd']) {
  await step('server', () => compile('native', nativeTargets));
  await step('session core', () => compile('wasm', ['core']));
  await step('web', () => must('node', ['scripts/build-web.mjs']));
}

if (import.meta.filename === process.argv[1]) {
  try {
    await build();
  } catch (error) {
    console.error(`The build failed: ${error.message}`);
    process.exit(1);
  }
}
