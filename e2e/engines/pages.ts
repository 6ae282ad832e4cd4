// The pages of the host matrix: what each does to whoever is embedded in it.
import { readFileSync } from 'node:fs';
import { root } from '../../scripts/steps.mjs';

export interface HostPage {
  host: string;
  /** For the table in docs/hosts.md. */
  does: string;
  /** A program in the page that is true where the library, or the condition, is really there. */
  there?: string;
  /** Files of real libraries, as classic scripts. */
  files?: string[];
  /** A script of the page's own, after the libraries. */
  script?: string;
  head?: string;
  policy?: string;
  /** The violations that the widget's look for what it may do causes. */
  kept?: string[];
  core?: 'js';
  /** Globals that the library itself adds later, by how they begin. */
  own?: string;
  /** How the loader stands in the page. */
  loader?: 'async' | 'defer';
}

const npm = (file: string) => `${root}/node_modules/${file}`;
const debian = (file: string) => `/usr/share/javascript/${file}`;

const strict = "default-src 'none'; base-uri 'none'; object-src 'none'; img-src data:; style-src 'none'; ";
const trustedTypes = "require-trusted-types-for 'script'; trusted-types 'none'";
const nonce = "script-src 'nonce-n1' 'strict-dynamic'";
const wasmLook = 'script-src wasm-eval';
const sinkLook = 'require-trusted-types-for trusted-types-sink';

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
    host: 'The strictest policy',
    does: "nonce and `'strict-dynamic'`, no Wasm, no style, no Trusted Types policy",
    policy: `${strict}${nonce}; ${trustedTypes}; connect-src SERVER`,
    core: 'js',
    kept: [wasmLook, sinkLook, sinkLook],
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
    kept: [sinkLook, sinkLook], // The page's own look is one of them.
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
  { host: 'An async script', does: 'the stub takes the calls until the loader is there', loader: 'async' },
  { host: 'A deferred script', does: 'the loader runs when the page is parsed', loader: 'defer' },
];

/** The files that a page loads from its own site, as paths and contents. */
export const filesOf = ({ files = [] }: HostPage) =>
  files
    .map((file) => ({ path: `/lib/${file.replace(/^.*\/(node_modules|javascript)\//, '')}`, file }))
    .map(({ path, file }) => ({ path, type: 'text/javascript', body: readFileSync(file) }));
