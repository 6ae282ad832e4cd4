// The launcher: all that stands in the page until the widget is wanted. Made here once, put into the page by whoever
// imports it; a function that makes it would cost the loader 20 bytes.
import css from './launcher.css';

export const root = document.createElement('widgent-root').attachShadow({ mode: 'open' });
export const button = document.createElement('button');

const sheet = new CSSStyleSheet();
sheet.replaceSync(css);
root.adoptedStyleSheets = [sheet];
button.className = 'l';
button.ariaLabel = 'Chat';
root.append(button);
