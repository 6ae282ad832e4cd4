// What the panel can do without until the first words are exchanged: a module of its own, loaded once the panel is
// open, or such a reply is there.
export { commentForm } from './comment.ts';
export { footnotes } from './footnotes.ts';
export { default as sheet } from './later.css';
export { Markdown } from './markdown.ts';
export { conversations } from './threads.ts';
export { equip } from './tools.ts';
