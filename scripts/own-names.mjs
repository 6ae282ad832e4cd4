// The names of properties that nobody but the widget knows: the build may shorten them. They are the members of its
// classes and interfaces, and of the Markdown library's parser, unless the page, the session core, the inspector or a
// language file knows the same name. The browser's names are terser's to spare.
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** What others read or write, too. */
const shared = [
  /^globals\.d\.ts$/,
  /^(seam|widgent|widget|core)\.ts$/,
  /^api\/public\.ts$/,
  /^inspector\//,
  /^panel\/(look|locales\/.*)\.ts$/,
];

function* membersOf(node) {
  const { name } = node;
  const isMember =
    ts.isClassElement(node) || ts.isTypeElement(node) || ts.isPropertyAssignment(node) || ts.isParameter(node);
  const isField = !ts.isParameter(node) || node.modifiers?.length;
  if (isMember && isField && name && (ts.isIdentifier(name) || ts.isStringLiteral(name)))
    yield { node, name: name.text };
  const children = [];
  node.forEachChild((child) => void children.push(child));
  for (const child of children) yield* membersOf(child);
}

async function membersIn(file) {
  return [...membersOf(ts.createSourceFile(file, await readFile(file, 'utf8'), ts.ScriptTarget.Latest, true))];
}

export async function ownNames() {
  const web = path.join(root, 'web');
  const own = new Set();
  const reserved = new Set();
  for (const file of await readdir(web, { recursive: true })) {
    if (!file.endsWith('.ts') || file.startsWith('npm')) continue;
    const isShared = shared.some((pattern) => pattern.test(file));
    for (const { node, name } of await membersIn(path.join(web, file))) {
      if (isShared) reserved.add(name);
      // What only an object literal has may be an option of the browser's.
      else if (!ts.isPropertyAssignment(node)) own.add(name);
    }
  }
  const library = path.join(root, 'node_modules/streaming-markdown/smd.d.ts');
  for (const { name } of await membersIn(library)) own.add(name);
  return [...own].filter((name) => !reserved.has(name));
}
