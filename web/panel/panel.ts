// The panel: draws what the machine says and tells it what the visitor does. It decides nothing.
import type { Event, ViewEffect } from '../seam.ts';
import { Composer } from './composer.ts';
import { copyButton } from './copy.ts';
import { ago, timeOf } from './dates.ts';
import { button, el, link, linkTo, name, safeUrl, set } from './dom.ts';
import { Frame } from './frame.ts';
import { icon } from './icons.ts';
import type { Look } from './look.ts';
import css from './panel.css';
import type * as later from './later/later.ts';
import { fill, plural, strings } from './strings.ts';
import { Transcript, type TranscriptHost } from './transcript.ts';

/** What is more than plain words: without any of it a reply reads the same, whatever draws it. */
const marks = /[^\p{L}\p{N} ,.;:!?'’"“”()%€-]|^ *[-\d]| {2}/u;

const spoken: ViewEffect['type'][] = [
  'show_message',
  'append_text',
  'update_message',
  'remove_message',
  'show_rating',
  'show_tool',
  'show_approval',
  'show_suggestions',
  'show_handoff',
];

type Of<T extends ViewEffect['type']> = Extract<ViewEffect, { type: T }>;

export class Panel {
  private readonly launcher: HTMLElement;
  private readonly frame: Frame;
  private readonly panel: HTMLElement;
  private readonly face = el('div', { class: 'face', 'aria-hidden': 'true' });
  private readonly title = el('h2');
  private readonly status = el('p', 'status');
  private readonly identity = el('div', 'who');
  /** In the header, at its end. */
  private readonly tools = el('div', 'tools');
  private readonly banner = el('div', { class: 'banner', hidden: '' });
  private readonly notice = el('div', { class: 'notice', hidden: '' });
  private readonly offer = el('div', { class: 'offer', role: 'group', 'aria-label': strings.merge, hidden: '' });
  private readonly greeting = el('p', 'hello');
  private readonly openers = el('div', { class: 'chips', role: 'group', 'aria-label': strings.suggestions });
  private readonly chips = el('div', { class: 'chips', role: 'group', 'aria-label': strings.suggestions });
  // Its room is kept until the greeting says whether there is one: the field must not move under a visitor's hand.
  private readonly contact = el('div', { class: 'contact' });
  private readonly announcer = el('div', { class: 'sr', role: 'log', 'aria-live': 'polite' });
  private readonly badge = el('span', { class: 'badge', hidden: '' });
  private readonly host: TranscriptHost;
  private readonly transcript: Transcript;
  private readonly composer: Composer;
  private threads: ReturnType<typeof later.conversations> | undefined;
  private readonly toThreads = button('close', strings.threads, () => this.list(!this.isListing), icon('list'));
  private agent = strings.agent;
  private unread = 0;
  private locked = false;
  private isUser = false;
  private held = 0;
  private before: Element | null = null; // had the focus before the panel
  private loading: Promise<void> | undefined; // of that part
  private isTried = false;
  private readonly late: ViewEffect[] = []; // wait for it

  constructor(
    root: ShadowRoot,
    private readonly tell: (event: Event) => void,
    private readonly unreadChanged: (count: number) => void,
    signal: AbortSignal,
    private readonly loadLater: () => Promise<typeof later>,
    private readonly look: Look = {},
  ) {
    const own = root.querySelector('button')!;
    const launcher = (this.launcher = look.launcher || own);
    this.transcript = new Transcript(
      (this.host = {
        retry: (message_id) => {
          this.composer.input.focus();
          tell({ type: 'retry_requested', message_id });
        },
        edit: (message_id, text) => {
          this.composer.takeBack(text);
          tell({ type: 'message_withdrawn', message_id });
        },
        rate: (message_id, rating, comment) =>
          tell({ type: 'feedback_given', message_id, rating, ...(comment && { comment }) }),
        answer: (id, approved) => {
          this.composer.input.focus();
          tell({ type: 'approval_answered', id, approved });
        },
        announce: (text) => this.announce(text),
        agent: () => this.agent,
        later: undefined,
      }),
      el('div', 'intro', this.greeting, this.openers),
      this.chips,
    );
    this.composer = new Composer(
      (text) => this.submit(text),
      () => tell({ type: 'cancel_requested' }),
      (text) => this.announce(text),
    );
    this.panel = el(
      'section',
      { class: 'panel', part: 'panel', role: look.container ? 'region' : 'dialog', hidden: '' },
      el(
        'header',
        { part: 'header' },
        this.toThreads,
        this.face,
        el('div', 'names', this.title, this.status),
        this.tools,
      ),
      this.identity,
      this.banner,
      this.transcript.element,
      this.notice,
      this.offer,
      this.composer.element,
      this.contact,
    );
    this.panel.oninput = () => this.prepareOnce();
    const wrapper = el('div', 'w', this.panel, this.announcer);
    wrapper.onkeydown = (event) => this.key(event);
    // The page's shortcuts would take our text field for its own ground.
    wrapper.onkeyup = wrapper.onkeypress = (event) => event.stopPropagation();
    root.prepend(wrapper);
    this.dress(css);
    this.frame = new Frame(root.host as HTMLElement, wrapper, this.panel, look, signal);
    if (!look.container) {
      this.tools.append(
        this.frame.enlarge,
        button('close', strings.close, () => this.close(), icon('close')),
      );
      this.panel.append(this.frame.grip);
      set(launcher, { 'aria-haspopup': 'dialog', 'aria-expanded': 'false' });
      launcher.addEventListener('pointerenter', () => tell({ type: 'panel_awaited' }), { signal });
      launcher.addEventListener('click', () => (this.isOpen ? this.close() : this.open()), { signal });
      signal.addEventListener('abort', () => {
        for (const name of ['aria-haspopup', 'aria-expanded']) launcher.removeAttribute(name);
      });
    }
    own.hidden = !!look.container || look.launcher !== undefined;
    set(own, { part: 'launcher' });
    own.append(icon('down'), this.badge);
    own.onclick = own.onpointerenter = own.onfocus = null;
    this.countUnread(0);
    this.name(strings.agent);
    this.showIdentity({ type: 'show_identity', state: 'guest' });
    this.showConnection('online');
  }

  private get isListing(): boolean {
    return !!this.threads && !this.threads[0].hidden;
  }

  get isOpen(): boolean {
    return !this.panel.hidden;
  }

  /** Where the page has changed its looks or its direction. */
  place(): void {
    this.frame.place();
  }

  open(): void {
    if (this.isOpen) return;
    this.before = document.activeElement;
    this.place(); // while to lay out the page costs no more than the page
    this.panel.hidden = false;
    set(this.launcher, { 'aria-expanded': 'true' });
    this.countUnread(0);
    this.transcript.showAway(false);
    this.composer.fit();
    if (!this.look.container) this.composer.input.focus();
    this.tell({ type: 'panel_opened' });
    this.noteThreads();
  }

  close(): void {
    if (!this.isOpen || this.look.container) return;
    const { activeElement } = this.panel.getRootNode() as ShadowRoot;
    this.panel.hidden = true;
    this.transcript.showAway(true);
    set(this.launcher, { 'aria-expanded': 'false' });
    // Where the visitor is elsewhere in the page already, the focus is theirs.
    if (activeElement) ((this.look.launcher === false ? this.before : this.launcher) as HTMLElement | null)?.focus();
    this.tell({ type: 'panel_closed' });
  }

  /** Before the machine is there, what is sent shows as waiting. */
  hold(event: Event): void {
    if (event.type !== 'message_submitted') return;
    this.perform({ type: 'show_message', id: `held${this.held++}`, role: 'user', text: event.text, status: 'queued' });
  }

  /** The machine is there and draws for itself. */
  release(): void {
    if (this.held) this.transcript.clear();
    this.perform({ type: 'show_notice', code: '' });
  }

  /** While a reply waits for its Markdown, the rest of the conversation waits behind it. */
  perform(effect: ViewEffect): void {
    const { transcript, late } = this;
    const isReply = effect.type === 'show_message' && effect.role === 'assistant';
    const asks = effect.type === 'show_approval';
    const isRich =
      isReply || effect.type === 'append_text'
        ? marks.test(effect.text)
        : asks || (effect.type === 'update_message' && !!effect.citations?.length);
    if (asks || (isReply && effect.status === 'streaming')) this.prepare();
    else if (isRich) this.prepareOnce();
    if (this.loading && (isRich || (late[0] && spoken.includes(effect.type)))) return void late.push(effect);
    switch (effect.type) {
      case 'show_message':
        transcript.showMessage(effect);
        break;
      case 'append_text':
        transcript.appendText(effect);
        break;
      case 'update_message':
        if (transcript.updateMessage(effect) && !this.isOpen) this.countUnread(this.unread + 1);
        break;
      case 'remove_message':
        transcript.removeMessage(effect.id);
        break;
      case 'show_rating':
        transcript.showRating(effect);
        break;
      case 'show_threads':
        this.threads?.[2](effect);
        if (effect.current) this.composer.name(effect.current);
        break;
      case 'show_tool':
        transcript.showTool(effect);
        break;
      case 'show_approval':
        transcript.showApproval(effect);
        break;
      case 'clear_messages':
        late.length = 0;
        transcript.clear();
        this.fill(this.chips, []);
        this.countUnread(0);
        this.announcer.replaceChildren();
        break;
      case 'change_draft':
        this.composer.change(effect.change);
        break;
      case 'show_merge_offer':
        this.showMergeOffer(effect.visible);
        break;
      case 'show_identity':
        this.showIdentity(effect);
        break;
      case 'show_greeting':
        this.showGreeting(effect);
        break;
      case 'show_notice':
        this.showNotice(effect.code);
        break;
      case 'show_connection':
        this.showConnection(effect.state);
        break;
      case 'show_busy':
        transcript.showBusy(effect.busy);
        this.composer.showBusy(effect.busy);
        break;
      case 'show_suggestions':
        this.fill(this.chips, effect.items);
        transcript.scroll(false);
        break;
      case 'show_handoff':
        transcript.showHandoff(effect);
        break;
    }
    this.openers.hidden = this.locked || !transcript.empty;
  }

  /** Where that part does not arrive, a reply is shown as it was written; with the next one it is tried again. */
  private prepare(): void {
    if (this.host.later) return;
    this.loading ??= this.loadLater()
      .then(
        (later) => {
          later.equip(el, set, button, link, linkTo, safeUrl, icon, copyButton, fill, strings, ago, timeOf);
          this.dress(later.sheet);
          this.threads = later.conversations(
            () => this.tell({ type: 'threads_requested' }),
            (thread_id) => {
              this.composer.showThread(thread_id);
              this.tell(thread_id ? { type: 'thread_chosen', thread_id } : { type: 'new_thread_chosen' });
              this.list(false, this.composer.input);
            },
          );
          this.banner.after(this.threads[0]);
          this.host.later = later;
          this.noteThreads();
        },
        () => {},
      )
      .then(() => {
        this.loading = undefined;
        this.isTried = true;
        this.late.splice(0).forEach((effect) => this.perform(effect));
      });
  }

  /** A reply is to be expected, or something that only that part can show. */
  private prepareOnce(): void {
    if (!this.isTried) this.prepare();
  }

  private noteThreads(): void {
    if (this.isUser && this.isOpen) this.prepareOnce();
    this.toThreads.hidden = !this.isUser || !this.threads;
  }

  private dress(css: string): void {
    const root = this.panel.getRootNode() as ShadowRoot;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  }

  /** The list of conversations in place of this one, or back. */
  private list(shown: boolean, next: HTMLElement = this.toThreads): void {
    const [element, load] = this.threads!;
    element.hidden = !shown;
    this.panel.classList.toggle('listing', shown);
    name(this.toThreads, shown ? strings.back : strings.threads);
    this.toThreads.replaceChildren(icon(shown ? 'back' : 'list'));
    if (shown) load();
    next.focus();
  }

  private submit(text: string): void {
    this.fill(this.chips, []);
    this.prepareOnce();
    this.tell({ type: 'message_submitted', text });
    this.transcript.scroll(true);
  }

  private name(agent: string): void {
    this.agent = agent;
    this.title.textContent = agent;
    this.face.textContent = initials(agent).slice(0, 1);
    set(this.panel, { 'aria-label': fill(strings.title, agent) });
  }

  private showGreeting({ text, agent, accent, suggestions, handoff_url, handoff_label }: Of<'show_greeting'>): void {
    const { frame } = this;
    if (agent && frame.accent !== accent) {
      frame.accent = accent;
      frame.place();
    }
    this.greeting.textContent = text;
    this.greeting.className = text.length > 60 ? 'hello long' : 'hello';
    this.fill(this.openers, suggestions);
    if (!agent) return; // Between two identities: whom one talks to stays.
    this.name(agent);
    const url = safeUrl(handoff_url);
    this.contact.hidden = !url;
    this.contact.replaceChildren(link('', url, handoff_label || strings.handoffLabel, icon('out')));
  }

  private showIdentity({ state, name, email, sub, locked }: Of<'show_identity'>): void {
    this.locked = !!locked;
    this.composer.lock(this.locked);
    this.chips.hidden = this.locked;
    const user = (this.isUser = state === 'user');
    this.noteThreads();
    if (!user && this.isListing) this.list(false, this.composer.input);
    const who = name || email || sub || '';
    const [before, after] = strings.signedIn.split(/{\w+}/) as [string, string];
    this.identity.className = `who ${state}`;
    this.identity.replaceChildren(
      el('span', { class: 'pic', 'aria-hidden': 'true' }, user ? initials(who) : icon('person')),
      el(
        'span',
        'text',
        ...(user
          ? [before, el('b', { dir: 'auto' }, who), after]
          : [locked ? strings.lockedNote : strings[state as 'guest']]),
      ),
    );
    if (user) this.identity.append(icon('lock'));
  }

  private showConnection(state: Of<'show_connection'>['state']): void {
    const offline = state === 'offline';
    this.status.className = `status ${state}`;
    this.status.textContent = strings[state];
    this.banner.hidden = state === 'online';
    if (this.banner.hidden) return;
    const text = offline ? strings.offlineBanner : strings.reconnectingBanner;
    this.banner.replaceChildren(offline ? icon('cloud') : el('i', 'spin'), el('p', {}, text));
    this.announce(text);
  }

  private showNotice(code: string): void {
    this.notice.hidden = !code;
    // Where nothing is to be had here, no greeting is waited for, and nothing can be written.
    const none = !(code in strings.notices);
    this.greeting.parentElement!.hidden = this.composer.element.hidden = none;
    if (!code) return;
    if (none) this.transcript.element.focus();
    // What the visitor has wished for is no warning.
    set(this.notice, { class: code === 'signed_out' ? 'notice calm' : 'notice' });
    const text = strings.notices[code] ?? strings.notices['']!;
    const dismiss = () => {
      this.notice.hidden = true;
      this.composer.input.focus();
    };
    this.notice.replaceChildren(
      icon('alert'),
      el('p', {}, text),
      none ? '' : button('dismiss', strings.dismiss, dismiss, icon('close')),
    );
    this.announce(text);
  }

  private showMergeOffer(visible: boolean): void {
    this.offer.hidden = !visible;
    if (!visible) return;
    const answer = (accepted: boolean) => {
      this.composer.input.focus();
      this.tell({ type: 'merge_answered', accepted });
    };
    this.offer.replaceChildren(
      el('p', {}, strings.merge),
      button('yes', strings.mergeYes, () => answer(true)),
      button('no', strings.mergeNo, () => answer(false)),
    );
    this.announce(strings.merge);
  }

  private fill(group: HTMLElement, items: readonly string[]): void {
    const choose = (text: string) => {
      // What was chosen goes; on a phone the composer would bring the keyboard up.
      (this.frame.modal ? this.transcript.element : this.composer.input).focus();
      this.submit(text);
    };
    group.replaceChildren(...items.map((text) => button('chip', text, () => choose(text))));
  }

  private countUnread(count: number): void {
    if (count !== this.unread) this.unreadChanged(count);
    this.unread = count;
    this.badge.hidden = !count;
    this.badge.textContent = String(count);
    const label = this.look.label ?? strings.chat;
    if (!this.look.launcher) set(this.launcher, { 'aria-label': count ? plural(strings.unread, count) : label });
  }

  /** One line at a time, politely; older ones go, so that nobody meets them twice. */
  private announce(text: string): void {
    this.announcer.append(el('p', {}, text));
    while (this.announcer.childNodes.length > 3) this.announcer.firstChild!.remove();
  }

  private key(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.key === 'Escape' && !event.isComposing) this.isListing ? this.list(false) : this.close();
    if (event.key !== 'Tab' || !this.frame.modal) return;
    // Full screen on a phone: the page behind is not reachable by eye, so not by Tab either.
    const stops: HTMLElement[] = [];
    this.panel.querySelectorAll<HTMLElement>('button,a,textarea,[tabindex]').forEach((stop) => {
      if (stop.getClientRects().length && !(stop as HTMLButtonElement).disabled) stops.push(stop);
    });
    const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
    if ((this.panel.getRootNode() as ShadowRoot).activeElement !== edge) return;
    event.preventDefault();
    stops[event.shiftKey ? stops.length - 1 : 0]?.focus();
  }
}

function initials(name: string): string {
  const words = name.trim().split(/[\s@._-]+/);
  const first = (word: string | undefined) => [...(word ?? '')][0] ?? '';
  return (first(words[0]) + (words.length > 1 ? first(words[words.length - 1]) : '')).toUpperCase();
}
