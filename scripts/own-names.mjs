// The names of properties that nobody but the widget knows: the build may shorten them. They are the members of its
// classes and interfaces, and of the Markdown library's parser, unless the page, the session core, the inspector or a
// language file knows the same name, or something is looked up by it. The browser's names are terser's to spare.
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

function* nodesOf(node) {
  yield node;
  const children = [];
  node.forEachChild((child) => void children.push(child));
  for (const child of children) yield* nodesOf(child);
}

/** What a member is called, and what is found by a name that is made or chosen as the code runs. */
function namesOf(node) {
  const name = node.name && (ts.isIdentifier(node.name) || ts.isStringLiteral(node.name)) && node.name.text;
  const isMember =
    ts.isClassElement(node) || ts.isTypeElement(node) || (ts.isParameter(node) && node.modifiers?.length);
  const isEntry = ts.isPropertyAssignment(node) && !ts.isArrowFunction(node.initializer);
  const isText = isEntry && node.parent.parent.name?.text === 'en';
  return {
    member: isMember ? name : undefined,
    text: isText ? name : undefined,
    lookedUp: isEntry && !isText ? name : ts.isStringLiteralLike(node) ? node.text : undefined,
  };
}

async function namesIn(file) {
  const source = ts.createSourceFile(file, await readFile(file, 'utf8'), ts.ScriptTarget.Latest, true);
  return [...nodesOf(source)].map(namesOf);
}

/** `texts`: those of them that are keys of the panel's texts, in each language's file. */
export async function ownNames() {
  const web = path.join(root, 'web');
  const own = new Set();
  const texts = new Set();
  const reserved = new Set();
  for (const file of await readdir(web, { recursive: true })) {
    // The dashboard is a bundle of its own, whose names stay as they are.
    if (!file.endsWith('.ts') || /^(npm|dashboard)\b/.test(file)) continue;
    const isShared = shared.some((pattern) => pattern.test(file));
    for (const { member, text, lookedUp } of await namesIn(path.join(web, file))) {
      if (text) texts.add(text);
      if (member) (isShared ? reserved : own).add(member);
      if (lookedUp) reserved.add(lookedUp);
    }
  }
  const library = path.join(root, 'node_modules/streaming-markdown/smd.d.ts');
  for (const { member } of await namesIn(library)) if (member) own.add(member);
  const isOurs = (name) => !reserved.has(name);
  return { all: [...own, ...texts].filter(isOurs), texts: [...texts].filter(isOurs) };
}
