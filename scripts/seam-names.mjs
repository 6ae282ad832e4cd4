// The names at the border between page and core that nobody else knows, and the letters that the build puts in their
// place on both sides. Written out they cost 0.3 KB.
//
//   node scripts/seam-names.mjs OUT FILE.cc…   copies sources of the core with the letters in place of the names, and
//                                              names.json, which says to the widget's build what stands for what
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** From each name to its letters: `types` of events and effects, and `keys` of what they hold. */
async function seamNames() {
  const seam = await readFile(path.join(root, 'web/seam.ts'), 'utf8');
  const found = (pattern) => [...new Set([...seam.matchAll(pattern)].map(([, name]) => name))];
  const types = found(/type: '(\w+_\w+)'/g);
  // What is a value too, others know as well.
  const keys = found(/\b(\w+_\w+)\??:/g).filter((name) => !seam.includes(`'${name}'`));
  const numbered = (names) =>
    Object.fromEntries(names.map((name, i) => [name, `${letters[i % 52]}${i < 52 ? '' : '_'}`]));
  return { types: numbered(types), keys: numbered(keys) };
}

/** A text of code or JSON, in which each name stands in quotes. */
export const shorten = ({ types, keys }, text) =>
  text.replace(/(["'])([a-z]+_[a-z_]+)\1/g, (whole, quote, name) => {
    const short = types[name] ?? keys[name];
    return short ? quote + short + quote : whole;
  });

if (import.meta.filename === process.argv[1]) {
  const [out, ...files] = process.argv.slice(2);
  const names = await seamNames();
  await mkdir(out, { recursive: true });
  await writeFile(path.join(out, 'names.json'), JSON.stringify(names));
  for (const file of files)
    await writeFile(path.join(out, path.basename(file)), shorten(names, await readFile(file, 'utf8')));
}
