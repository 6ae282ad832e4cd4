// What the panel can do without until the first words are exchanged: a module of its own, loaded when somebody writes
// or is signed in, or where something is there that only it can show.
export { Approval } from './approval.ts';
export { commentForm } from './comment.ts';
export { footnotes } from './footnotes.ts';
export { default as sheet } from './later.css';
export { Markdown } from './markdown.ts';
export { conversations } from './threads.ts';
export { equip } from './tools.ts';
