// The pages of the host matrix: what each does to whoever is embedded in it.
import { readFileSync } from 'node:fs';
import { root } from '../../scripts/steps.mjs';
import type { Engine } from './tab.ts';

export interface HostPage {
  host: string;
  /** For the table in docs/hosts.md. */
  does: string;
  /** A program in the page that is true where the library, or the condition, is really there. */
  there?: string;
  /** Files of real libraries, as classic scripts; a sheet ends in .css. */
  files?: string[];
  /** A script of the page's own, after the libraries. */
  script?: string;
  /** In the body, before the widget's scripts. */
  body?: string;
  css?: string;
  head?: string;
  policy?: string;
  /** The violations that the widget's look for what it may do causes. */
  kept?: string[];
  core?: 'js';
  /** Globals that the library itself adds later, by how they begin. */
  own?: string;
  /** How the loader stands in the page. */
  loader?: 'async' | 'defer' | 'module' | 'inserted' | 'twice';
  doctype?: '' | 'xhtml';
  /** What an engine cannot do there, for the table: the launcher stands there, and nothing opens. */
  closed?: Partial<Record<Engine, string>>;
  /** The page again: by a script that a library's visit, a click or a change is. The widget stays the same one. */
  visit?: string;
}

const npm = (file: string) => `${root}/node_modules/${file}`;
const debian = (file: string) => `/usr/share/javascript/${file}`;

const strict = "default-src 'none'; base-uri 'none'; object-src 'none'; img-src data:; style-src 'none'; ";
const trustedTypes = "require-trusted-types-for 'script'; trusted-types 'none'";
const nonce = "script-src 'nonce-n1' 'strict-dynamic'";
const wasmLook = 'script-src wasm-eval';
const sinkLook = 'require-trusted-types-for trusted-types-sink';
const follow = (event: string) => `
  const { body } = document;
  const loaded = new Promise((resolve) => document.addEventListener('${event}', resolve, { once: true }));
  document.querySelector('#next').click();
  await loaded;`;

export const pages: HostPage[] = [
  { host: 'A plain page', does: 'nothing' },
  {
    host: 'jQuery 1.12.4',
    does: 'is on the page',
    files: [npm('jquery-1/dist/jquery.js')],
    there: "jQuery.fn.jquery === '1.12.4' && $('h1').length === 1",
  },
  {
    host: 'jQuery 4',
    does: 'is on the page',
    files: [npm('jquery/dist/jquery.js')],
    there: "jQuery.fn.jquery === '4.0.0' && $('h1').length === 1",
  },
  {
    host: 'Prototype 1.7',
    does: 'replaces natives: `Array.from` of a Set is empty',
    files: [debian('prototype/prototype.js')],
    there: "Prototype.Version.startsWith('1.7') && Array.from(new Set([1])).length === 0",
  },
  {
    host: 'MooTools',
    does: 'replaces `bind`, extends the prototypes of natives and elements',
    files: [debian('mootools/mootools-core-nc.js'), debian('mootools/mootools-more-nc.js')],
    there: "!!MooTools.version && typeof Array.prototype.pick === 'function' && !!MooTools.More",
  },
  {
    host: 'core-js 2',
    does: 'replaces natives by its own',
    files: [npm('core-js-2/client/shim.js')],
    there: "core.version.startsWith('2.6.') && '__core-js_shared__' in window",
  },
  {
    host: 'An old `toJSON`',
    does: 'spoils JSON: `{a:[1]}` becomes `{"a":"[1]"}`',
    script: `Array.prototype.toJSON = function () { return '[' + this.join(', ') + ']' };
      String.prototype.toJSON = Object.prototype.toJSON = function () { return 'spoilt' }`,
    there: `JSON.stringify([1]) === '"[1]"' && JSON.stringify({}) === '"spoilt"'`,
  },
  {
    host: 'Sugar 2, extended',
    does: 'puts its methods on all prototypes',
    files: [npm('sugar/dist/sugar.js')],
    script: 'Sugar.extend()',
    there: "[1, 3].average() === 2 && 'a b'.titleize() === 'A B'",
  },
  {
    host: 'Datejs',
    does: 'replaces `Date.parse` and extends dates and numbers',
    files: [npm('datejs/lib/date.js')],
    there: "Date.parse('tomorrow') instanceof Date",
  },
  {
    host: 'RequireJS',
    does: 'takes whatever calls an anonymous `define`',
    files: [npm('requirejs/require.js')],
    script: "define('app', [], () => 'app'); require(['app'], (app) => Object(window).watch.told.app = app)",
    there: "!!define.amd && requirejs.version === '2.3.8' && watch.told.app === 'app'",
  },
  {
    host: 'zone.js',
    does: 'patches promises, timers, fetch and listeners',
    files: [npm('zone.js/bundles/zone.umd.js')],
    own: '__zone_symbol__',
    there: "Zone.current.name === '<root>' && String(Promise).includes('ZoneAware')",
  },
  {
    host: 'Turbo',
    does: 'swaps the body on a visit',
    files: [npm('@hotwired/turbo/dist/turbo.es2017-umd.js')],
    there: '!!Turbo.session.started',
    visit: `${follow('turbo:load')} return body !== document.body;`,
  },
  {
    host: 'Turbolinks',
    does: 'swaps the body on a visit',
    files: [npm('turbolinks/dist/turbolinks.js')],
    script: 'Turbolinks.start()',
    there: 'Turbolinks.supported === true',
    visit: `${follow('turbolinks:load')} return body !== document.body;`,
  },
  {
    host: 'Pjax',
    does: 'swaps a part of the page on a visit',
    files: [npm('pjax/pjax.js')],
    script: "new Pjax({ elements: '#next', selectors: ['title', 'main'], cacheBust: false, analytics: false })",
    there: 'Pjax.isSupported()',
    visit: `const main = document.querySelector('main'); ${follow('pjax:success')}
      return main !== document.querySelector('main');`,
  },
  {
    host: 'View Transitions',
    does: 'swaps the content in a transition',
    there: "typeof document.startViewTransition === 'function'",
    visit: `const moved = document.startViewTransition(() => { document.querySelector('main').append('moved') });
      await moved.finished;
      return document.querySelector('main').textContent.includes('moved');`,
  },
  {
    host: 'reset-css',
    does: 'resets every element',
    files: [npm('reset-css/reset.css')],
    there: "getComputedStyle(document.querySelector('h1')).fontSize === '16px'",
  },
  {
    host: 'A hostile sheet',
    does: '`* {all: unset !important; display: none !important}`',
    css: `* { all: unset !important; display: none !important } html { display: block !important }
      widgent-root { opacity: 0 !important; transform: scale(0) !important; pointer-events: none !important }`,
    there: "getComputedStyle(document.querySelector('h1')).display === 'none'",
  },
  {
    host: '`body {transform}`',
    does: 'makes the body the frame of all that is fixed, and longer than the window',
    css: 'body { transform: translateZ(0); filter: blur(0); min-height: 3000px }',
    there: "getComputedStyle(document.body).transform !== 'none'",
  },
  {
    host: 'An overlay',
    does: 'covers the window at the greatest z-index',
    css: 'body::after { content: ""; position: fixed; inset: 0; z-index: 2147483647 }',
    there: 'document.elementFromPoint(9, 9) === document.body',
  },
  {
    host: 'The strictest policy',
    does: "nonce and `'strict-dynamic'`, no Wasm, no style, no Trusted Types policy",
    policy: `${strict}${nonce}; ${trustedTypes}; connect-src SERVER`,
    core: 'js',
    kept: [wasmLook, sinkLook, sinkLook, sinkLook],
  },
  {
    host: 'An allow-list policy',
    does: "the server's address and `'wasm-unsafe-eval'`",
    policy: `${strict}script-src 'nonce-n1' SERVER 'wasm-unsafe-eval'; connect-src SERVER`,
  },
  {
    host: 'Trusted Types',
    does: 'allows no policy at all',
    policy: trustedTypes,
    kept: [sinkLook, sinkLook, sinkLook], // The page's own look is one of them.
    there: "(() => { try { document.createElement('b').innerHTML = '<i>'; return false } catch { return true } })()",
  },
  {
    host: 'Blocked `localStorage`',
    does: 'reading the property throws',
    script: `Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('', 'SecurityError') } })`,
    there: '(() => { try { return !localStorage } catch { return true } })()',
  },
  {
    host: 'Blocked `sessionStorage`',
    does: 'every method throws',
    script: `for (const name of ['getItem', 'setItem', 'removeItem'])
      Storage.prototype[name] = () => { throw new DOMException('', 'SecurityError') }`,
    there: "(() => { try { return !sessionStorage.getItem('') } catch { return true } })()",
  },
  {
    host: '`<base href>`',
    does: 'points relative addresses elsewhere',
    head: '<base href="http://127.0.0.1:9/elsewhere/">',
    there: "document.baseURI.endsWith('/elsewhere/')",
  },
  {
    host: 'Tempting names',
    does: 'elements named widgent, currentScript, body and the like',
    body: `<form id="widgent"><input name="init"><input name="version"></form>
      <form name="currentScript"><input name="src" value="http://evil.example/"></form>
      <img name="readyState" alt=""><img name="getElementById" alt="">`,
    there: "typeof document.currentScript.elements === 'object'",
  },
  { host: 'An async script', does: 'the stub takes the calls until the loader is there', loader: 'async' },
  { host: 'A deferred script', does: 'the loader runs when the page is parsed', loader: 'defer' },
  { host: 'A module', does: '`import` loads the loader', loader: 'module' },
  { host: 'A tag manager', does: 'another script inserts the loader', loader: 'inserted' },
  { host: 'Two loaders', does: 'the script and `init` stand in the page twice', loader: 'twice' },
  { host: 'Quirks mode', does: 'has no doctype', doctype: '', there: "document.compatMode === 'BackCompat'" },
  {
    host: 'XHTML',
    does: 'is served as application/xhtml+xml',
    doctype: 'xhtml',
    closed: { webkit: 'the launcher alone: WebKit fetches no inserted module script in XHTML' },
    there: "document.contentType === 'application/xhtml+xml'",
  },
  {
    host: 'A page that tidies up',
    does: 'removes what it does not know',
    visit: `const kept = document.querySelector('widgent-root');
      kept.remove();
      await new Promise((resolve) => setTimeout(resolve));
      return kept.isConnected;`,
  },
  {
    host: 'A single-page app',
    does: 'replaces all below `<html>`',
    visit: `const { head, body } = document;
      document.documentElement.replaceChildren(head.cloneNode(true), body.cloneNode(true));
      return body !== document.body;`,
  },
  {
    host: 'Polluted prototypes',
    does: 'enumerable methods on `Object.prototype` and others',
    script: `Object.prototype.extend = function () { return this }; Object.prototype.clone = 1;
      Array.prototype.each = function () {}; Array.prototype.remove = function () {};
      Array.from = () => []; delete Array.prototype.entries; String.prototype.contains = function () {};`,
    there: "(() => { for (const key in {}) return key === 'extend' })()",
  },
  {
    host: 'Frozen prototypes',
    does: 'nothing inherited can be assigned over',
    script: `for (const type of [Object, Array, String, Function, Promise, Error, Map, Set, Uint8Array])
      Object.freeze(type.prototype)`,
    there: 'Object.isFrozen(Object.prototype)',
  },
  {
    host: 'Patched natives',
    does: 'wraps fetch, Promise and listeners, as monitors do',
    script: `{
      const { fetch, Promise, addEventListener } = window;
      window.fetch = (...args) => fetch(...args).then((response) => response);
      window.Promise = class extends Promise {};
      EventTarget.prototype.addEventListener = function (type, listener, options) {
        const heard = (event) => (listener.handleEvent || listener).call(this, event);
        return addEventListener.call(this, type, heard, options);
      };
    }`,
    there: "!String(Promise).includes('native code')",
  },
];

const type = (file: string) => (file.endsWith('.css') ? 'text/css' : 'text/javascript');

/** The files that a page loads from its own site, as paths and contents. */
export const filesOf = ({ files = [] }: HostPage) =>
  files
    .map((file) => ({ path: `/lib/${file.replace(/^.*\/(node_modules|javascript)\//, '')}`, file }))
    .map(({ path, file }) => ({ path, type: type(file), body: readFileSync(file) }));
