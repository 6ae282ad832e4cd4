// What the help pages did not answer, and what visitors said of the answers.
import { badge, card, count, empty, h, icon, moment } from '../dom.ts';
import { askFirst } from '../dialog.ts';
import type { Feedback, Unanswered } from '../types.ts';
import { loaded, type Loaded, type Section, type View } from '../view.ts';

function clear(view: View, part: Loaded, n: number): void {
  askFirst({
    title: 'Clear the unanswered questions?',
    text: [
      h(
        'p',
        {},
        `${count(n, 'question')} will be forgotten, for all of you. Do it once there are help pages about them.`,
      ),
    ],
    confirm: 'Clear',
    isDangerous: true,
    async act() {
      await view.api.send('POST', '/unanswered/clear', {});
      await part.refresh();
      view.say('The unanswered questions are cleared.');
    },
  });
}

function unanswered(view: View, questions: Unanswered[], part: Loaded): HTMLElement {
  const rows = questions.map(({ question, times, last_at }) =>
    h(
      'li',
      {},
      h('p', {}, question),
      h('span', { class: 'quiet' }, badge(count(times, 'time')), ' last ', moment(last_at)),
    ),
  );
  const button = h('button', { type: 'button', onclick: () => clear(view, part, questions.length) }, 'Clear…');
  return card(
    'Unanswered',
    rows.length
      ? [h('ol', { class: 'rows' }, ...rows)]
      : [empty('Nothing here', 'No question waits for a page that answers it.')],
    rows.length ? [button] : [],
  );
}

const shortMax = 240;

/** A long reply is opened by whoever wants to read it. */
function reply(text: string): HTMLElement {
  if (text.length <= shortMax) return h('p', {}, text);
  const beginning = [...text].slice(0, shortMax / 2).join('');
  return h('details', {}, h('summary', {}, icon('more'), h('span', {}, `${beginning}…`)), h('p', {}, text));
}

function judged({ text, rating, comment, at, user, thread }: Feedback): HTMLElement {
  return h(
    'li',
    { class: 'judged' },
    h('p', {}, rating === 'up' ? badge('Helped', 'good') : badge('Did not help', 'bad')),
    comment && h('blockquote', {}, comment),
    reply(text),
    h(
      'p',
      { class: 'quiet' },
      user ? h('a', { href: `#users/${encodeURIComponent(user)}` }, user) : 'A guest',
      ', ',
      moment(at),
      ', ',
      h('code', {}, thread),
    ),
  );
}

function feedback(all: Feedback[], onlyDown: boolean, show: (onlyDown: boolean) => void): HTMLElement {
  const shown = onlyDown ? all.filter(({ rating }) => rating === 'down') : all;
  const box = h('input', { type: 'checkbox', checked: onlyDown, onchange: () => show(box.checked) });
  return card(
    'Feedback',
    shown.length
      ? [h('ol', { class: 'rows' }, ...shown.map(judged))]
      : [
          empty(
            onlyDown && all.length ? 'No complaints' : 'Nothing here',
            'Below each reply a visitor can say whether it helped.',
          ),
        ],
    all.length ? [h('label', { class: 'check' }, box, 'Only what did not help')] : [],
  );
}

/** Unanswered questions and feedback. */
export const questions: Section = {
  id: 'questions',
  title: 'Questions',
  about: 'What your help pages lack, most frequent first, and what visitors thought of the replies.',
  open(view) {
    const asked = loaded(
      view,
      () => view.api.get<{ questions: Unanswered[] }>('/unanswered', view.signal),
      (answer, part) => [unanswered(view, answer.questions, part)],
    );
    const said = loaded(
      view,
      () => view.api.get<{ feedback: Feedback[] }>('/feedback', view.signal),
      ({ feedback: all }) => {
        const place = h('div', {});
        const show = (onlyDown: boolean) => {
          place.replaceChildren(feedback(all, onlyDown, show));
          place.querySelector('input')?.focus();
        };
        place.append(feedback(all, false, show));
        return [place];
      },
    );
    return [asked.element, said.element];
  },
};
