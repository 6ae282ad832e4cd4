// `npm run bench:widget`: what the widget costs a page, beside others and a hand-written limit. One command gives
// report.md, report.svg and report.json anew.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { brotliCompressSync } from 'node:zlib';
import { build } from '../../scripts/build.mjs';
import { bundle } from '../../scripts/bundle.mjs';
import { root } from '../../scripts/steps.mjs';
import { candidates, filesOf, folder, pageOf, references, startWidgent } from './candidates.mjs';
import { launchBrowser, measureBytes, measureRound } from './measure.mjs';
import { plot } from './plot.mjs';
import { report } from './report.mjs';
import { startServers } from './server.mjs';

const help = `npm run bench:widget -- [options]
  --only NAME,…   of ${Object.keys(candidates).join(', ')} (${references.join(' and ')} always run)
  --rounds N      rounds (15)
  --every N       measure the heavier peers in every N-th round (3)
  --minutes N     begin no further round after so long (20)
  --built         measure what build/ holds, without building
  --out DIR       where the report goes (bench/widget)`;

function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      rounds: { type: 'string', default: '15' },
      every: { type: 'string', default: '3' },
      minutes: { type: 'string', default: '20' },
      built: { type: 'boolean', default: false },
      out: { type: 'string', default: folder },
      help: { type: 'boolean', default: false },
    },
  });
  const only = values.only?.split(',') ?? Object.keys(candidates);
  const unknown = only.filter((name) => !candidates[name]);
  if (values.help || unknown.length) {
    if (unknown.length) console.error(`There is no candidate ${unknown.join(', ')}.`);
    console.log(help);
    process.exit(unknown.length ? 1 : 0);
  }
  const names = Object.keys(candidates).filter((name) => references.includes(name) || only.includes(name));
  const numbers = ['rounds', 'every', 'minutes'].map((key) => [key, Math.max(1, Number(values[key]) || 1)]);
  return { ...values, ...Object.fromEntries(numbers), names };
}

/** Once, and anew where the lock file has changed. */
function installPeers() {
  const stamp = path.join(folder, 'node_modules/.installed');
  const lock = createHash('sha256')
    .update(readFileSync(path.join(folder, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.log('Installing the widgets to compare with (bench/widget/package-lock.json, some 280 MB) ...');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit' });
  if (status !== 0) throw new Error('npm ci failed in bench/widget');
  writeFileSync(stamp, lock);
}

/** core.wasm and its glue, as the build counts them. */
async function sessionCoreBytes() {
  const web = path.join(root, 'build/web');
  const wasm = readdirSync(web).find((name) => /^core-\w+\.wasm\.br$/.test(name));
  const glue = await bundle(path.join(root, 'build/wasm/core.js'), { format: 'esm' });
  return readFileSync(path.join(web, wasm)).length + brotliCompressSync(glue).length;
}

const options = readOptions();
const { names, out } = options;
const since = Date.now();
const say = (text) => console.log(`${String(Math.round((Date.now() - since) / 1000)).padStart(5)} s  ${text}`);

if (names.some((name) => candidates[name].package)) installPeers();
if (!options.built) await build();

const stops = [];
const results = {};
try {
  let widgent;
  let servers;
  const page = (name) => (candidates[name] ? pageOf(name, servers.cdn, widgent) : undefined);
  servers = await startServers((pathname) => page(pathname.slice(1)), await filesOf(names));
  stops.push(servers.stop);
  widgent = await startWidgent(servers.host);
  stops.push(widgent.stop);
  const browser = await launchBrowser();
  stops.push(() => browser.close());

  for (const name of names) {
    say(`${candidates[name].title}: counting bytes`);
    const counted = await measureBytes(browser, candidates[name], `${servers.host}/${name}`);
    if (counted.problem) say(`${candidates[name].title} did not answer: ${counted.problem}`);
    const { title, version = '' } = candidates[name];
    results[name] = { title, version, bytes: counted, rounds: {} };
  }

  let rounds = 0;
  for (; rounds < options.rounds; rounds++) {
    if (Date.now() - since > options.minutes * 60_000) {
      say(`the time is up after ${rounds} rounds`);
      break;
    }
    // The order rotates, so that whatever comes and goes on the machine meets all alike.
    const order = names.map((_, i) => names[(i + rounds) % names.length]);
    for (const name of order) {
      const turn = names.indexOf(name);
      if (candidates[name].isHeavy && (rounds + turn) % options.every !== 0) continue;
      let figures = {};
      try {
        figures = await measureRound(browser, candidates[name], `${servers.host}/${name}`);
      } catch (error) {
        say(`round ${rounds + 1}: ${name} failed: ${String(error).split('\n')[0]}`);
      }
      for (const [key, value] of Object.entries(figures)) {
        const series = (results[name].rounds[key] ??= []);
        if (value !== undefined) series[rounds] = value;
      }
      const { launcher1, cpuOpen4, inputMob } = figures;
      say(
        `round ${rounds + 1} of ${options.rounds}: ${name.padEnd(10)} launcher ${launcher1} ms, ` +
          `CPU at 4x ${cpuOpen4} ms, click to input ${inputMob ?? '-'} ms`,
      );
    }
  }

  const browserVersion = browser.version();
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  const core = names.includes('widgent') ? await sessionCoreBytes() : undefined;
  const data = { commit, chromium: browserVersion, rounds, minutes: Math.round((Date.now() - since) / 60_000), core };
  data.candidates = results;
  writeFileSync(path.join(out, 'report.json'), JSON.stringify(data).replaceAll('},"', '},\n"') + '\n');
  writeFileSync(path.join(out, 'report.svg'), plot(data));
  const text = report(data);
  writeFileSync(path.join(out, 'report.md'), text);
  console.log(`\n${text}`);
} finally {
  for (const stop of stops.reverse()) await stop();
}
