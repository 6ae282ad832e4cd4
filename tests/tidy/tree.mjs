// The files of the tree, whether committed or not, with their text.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);
const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });

export const tree = listed
  .toString()
  .split('\0')
  .filter((path) => /\.(cc|h|m?ts|mjs|py|cmake|sh|css|html|json|md|txt)$|^\.ci\/run$/.test(path))
  .filter((path) => !/^(package-lock\.json|tests\/data\/)/.test(path) && existsSync(new URL(path, root)))
  .map((path) => ({ path, text: readFileSync(new URL(path, root), 'utf8') }));
