// What a visitor may say to a judgement.
import { button, el, strings } from './tools.ts';

/** Tells what was said, perhaps nothing; undefined where it was left. */
export function commentForm(done: (comment?: string) => void): HTMLElement {
  const field = el('input', {
    'aria-label': strings.comment,
    placeholder: strings.comment,
    maxlength: '1000',
    dir: 'auto',
  });
  const send = () => done(field.value.trim());
  const form = el('form', 'comment', field, button('quiet', strings.send, send));
  form.onsubmit = (event) => {
    event.preventDefault();
    send();
  };
  form.onkeydown = (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    done();
  };
  return form;
}
