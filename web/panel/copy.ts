// The button that copies, and says that it has.
import { button, name } from './dom.ts';
import { icon } from './icons.ts';
import { strings } from './strings.ts';

export function copyButton(text: () => string): HTMLButtonElement {
  const show = (label: string, shape: 'copy' | 'check') => {
    name(element, label);
    element.replaceChildren(icon(shape));
  };
  const element = button(
    'act copy',
    strings.copy,
    () => {
      navigator.clipboard.writeText(text()).then(
        () => {
          show(strings.copied, 'check');
          setTimeout(show, 2000, strings.copy, 'copy');
        },
        () => {}, // The page or the visitor does not allow it.
      );
    },
    icon('copy'),
  );
  element.hidden = !navigator.clipboard; // Only pages under HTTPS have one.
  return element;
}
