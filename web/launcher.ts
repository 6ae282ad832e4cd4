// The launcher: all that stands in the page until the widget is wanted.
import css from './launcher.css';

/** A shadow root with the launcher's button in it, not yet in the page. */
export function makeLauncher(): ShadowRoot {
  const root = document.createElement('widgent-root').attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  const button = document.createElement('button');
  button.className = 'l';
  button.ariaLabel = 'Chat';
  root.append(button);
  return root;
}
