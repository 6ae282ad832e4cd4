// Where the panel stands, how large it is, and in which colours.
import { readableOn, textOn, type Rgb } from './colour.ts';
import { button, el, set } from './dom.ts';
import { icon } from './icons.ts';
import type { Look } from './look.ts';
import { language, strings } from './strings.ts';

const phone = matchMedia('(max-width:480px),(max-height:480px)');
const night = matchMedia('(prefers-color-scheme:dark)');
const step = 32; // pixels for each press of an arrow key

export class Frame {
  readonly enlarge = button('close enlarge', strings.enlarge, () => this.toggle(), icon('enlarge'));
  /** At the free corner: dragged, or moved by the arrow keys. */
  readonly grip = button('grip', strings.resize, () => {}, el('i'));
  /** Of the product. */
  accent: string | undefined;
  private left = false;
  /** Its colour is nobody's but its own, so that to change it costs nothing. */
  private readonly probe = el('span', { hidden: '' });

  /**
   * @param panel inside of `wrapper`, which is in the shadow tree of `host`
   * @param signal ends what listens to the page
   */
  constructor(
    private readonly host: HTMLElement,
    private readonly wrapper: HTMLElement,
    private readonly panel: HTMLElement,
    private readonly look: Look,
    signal: AbortSignal,
  ) {
    const { grip, enlarge } = this;
    enlarge.ariaPressed = 'false';
    const place = () => this.place();
    for (const media of [phone, night]) media.addEventListener('change', place, { signal });
    for (const type of ['resize', 'scroll']) visualViewport?.addEventListener(type, () => this.fit(), { signal });
    grip.onpointerdown = ({ pointerId }) => grip.setPointerCapture(pointerId);
    grip.onpointermove = ({ pointerId, clientX, clientY }) => {
      const { left, right, bottom } = panel.getBoundingClientRect();
      if (grip.hasPointerCapture(pointerId))
        this.resize(this.left ? clientX - left : right - clientX, bottom - clientY);
    };
    grip.onkeydown = (event) => {
      const { key } = event;
      const outwards = this.left ? 'ArrowRight' : 'ArrowLeft';
      if (!key.startsWith('Arrow')) return;
      event.preventDefault();
      const across = /[UD]/.test(key) ? 0 : key === outwards ? step : -step;
      const up = key === 'ArrowUp' ? step : key === 'ArrowDown' ? -step : 0;
      this.resize(panel.offsetWidth + across, panel.offsetHeight + up);
    };
    wrapper.append(this.probe);
    host.lang = language;
    wrapper.classList.toggle('in', !!look.container);
    wrapper.classList.toggle('bare', look.launcher !== undefined);
    this.place();
  }

  /** It covers the page. */
  get modal(): boolean {
    return phone.matches && !this.look.container;
  }

  /**
   * Where the page stands now: its direction, its colours, its keyboard. All is read before anything is written, and
   * nothing is written that stands there: each makes the browser style the page.
   */
  place(): void {
    const { host, wrapper, panel, look } = this;
    const { documentElement, body } = document;
    const colours = this.ask(look.accent ?? 'var(--widgent-accent)', this.accent, 'var(--b)');
    const { direction } = getComputedStyle(look.container ?? body ?? documentElement);
    // What init says, or the page of itself; where it takes both, or says nothing, the visitor's wish.
    const schemes = ['light', 'dark'];
    const said = schemes.includes(look.scheme!)
      ? look.scheme!
      : getComputedStyle(look.container ?? documentElement).colorScheme;
    const fitting = schemes.filter((scheme) => said.includes(scheme));
    const dark = fitting.length === 1 ? fitting[0] === 'dark' : night.matches;

    this.left = (direction === 'rtl') !== (look.position === 'bottom-start');
    host.className = look.container ? 'in' : this.left ? 'left' : '';
    const dir = /^(ar|he|iw)\b/.test(language) ? 'rtl' : direction;
    if (host.dir !== dir) host.dir = dir;
    wrapper.classList.toggle('left', this.left);
    wrapper.classList.toggle('dark', dark);
    const [chosen, product, ground] = colours();
    const accent = chosen || product || ([34, 85, 238] as const);
    const style = (name: string, value: string) => host.style.setProperty(name, value);
    const css = (colour: Rgb) => `rgb(${colour.map(Math.round).join()})`;
    style('--x', `${look.offset?.x ?? 20}px`);
    style('--y', `${look.offset?.y ?? 20}px`);
    style('--a', css(accent));
    style('--at', css(textOn(accent)));
    if (ground) style('--ai', css(readableOn(ground, accent, dark)));

    if (!look.container) set(panel, { 'aria-modal': String(this.modal) });
    this.fit();
  }

  /** An on-screen keyboard covers the page without making it smaller. */
  private fit(): void {
    const { style } = this.panel;
    // To ask makes the browser lay out the whole page.
    const { height = 0, scale = 0, offsetTop = 0 } = (this.modal && visualViewport) || {};
    const covers = scale === 1;
    style.height = covers ? `${height}px` : '';
    style.top = covers ? `${offsetTop}px` : '';
  }

  /** Any colours of CSS, by the browser's own reading, as they are when the answer is called. */
  private ask(...colours: unknown[]): () => (Rgb | '' | undefined)[] {
    const { style } = this.probe;
    const computed = getComputedStyle(this.probe);
    const names = ['stroke', 'fill', 'backgroundColor'] as const;
    names.forEach((name, i) => {
      style[name] = '';
      style[name] = `color-mix(in srgb,${colours[i]},${colours[i]})`;
    });
    return () =>
      names.map((name) => {
        const parts = style[name] && computed[name].match(/[\d.]+(e-\d+)?/g);
        return parts?.[2] && ([0, 1, 2].map((i) => Number(parts[i]) * 255) as unknown as Rgb);
      });
  }

  private resize(width: number, height: number): void {
    this.panel.style.setProperty('--w', `${Math.max(width, 320)}px`);
    this.panel.style.setProperty('--h', `${Math.max(height, 360)}px`);
  }

  private toggle(): void {
    const { enlarge, panel } = this;
    const large = enlarge.ariaPressed !== 'true';
    enlarge.ariaPressed = String(large);
    if (large) return this.resize(720, 4000);
    panel.style.removeProperty('--w');
    panel.style.removeProperty('--h');
  }
}
