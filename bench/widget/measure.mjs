// One visit to one page, as a fresh visitor unless said otherwise, and what it took.
import { chromium } from 'playwright-core';
import { blockingTime, longest } from './figures.mjs';
import { probe } from './probe.mjs';
import { answer, question } from './stubs.mjs';

export const slowdown = 4;
const mobile = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 1.6e6 / 8 };
const patience = 30_000;
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export function launchBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--disable-dev-shm-usage',
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost',
    ],
  });
}

/** A page under measurement: what it has loaded, its clock on the main thread, and when it has come to rest. */
class Visit {
  requests = new Map();
  elsewhere = new Set();

  static async start(context, candidate, { cpu = 1, network } = {}) {
    const visit = new Visit();
    visit.page = await context.newPage();
    visit.cdp = await context.newCDPSession(visit.page);
    const { element, launcher, input } = candidate;
    await visit.page.addInitScript(probe, { element, launcher, input });
    await visit.watchNetwork();
    // Thread time: what the processor has worked for this page's main thread, not what it waited for others.
    await visit.cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    if (network) await visit.cdp.send('Network.emulateNetworkConditions', network);
    if (cpu !== 1) await visit.cdp.send('Emulation.setCPUThrottlingRate', { rate: cpu });
    return visit;
  }

  async watchNetwork() {
    const { cdp, requests } = this;
    cdp.on('Network.requestWillBeSent', ({ requestId, request, type }) => {
      if (!/^https?:/.test(request.url)) return;
      if (!/^http:\/\/(localhost|127\.0\.0\.1)[:/]/.test(request.url)) this.elsewhere.add(new URL(request.url).host);
      requests.set(requestId, { url: request.url, type, bytes: 0, isOpen: true });
    });
    cdp.on('Network.responseReceived', ({ requestId, response }) => {
      const request = requests.get(requestId);
      if (!request) return;
      request.headerBytes = response.encodedDataLength;
      request.isCached = response.fromDiskCache || response.fromPrefetchCache;
      request.isData = /json|event-stream|text\/plain/.test(response.mimeType);
      // A stream that stays open is no reason to wait.
      if (/event-stream/.test(response.mimeType)) request.isOpen = false;
    });
    cdp.on('Network.requestServedFromCache', ({ requestId }) => {
      const request = requests.get(requestId);
      if (request) request.isCached = true;
    });
    const ended = ({ requestId, encodedDataLength }) => {
      const request = requests.get(requestId);
      if (!request) return;
      request.isOpen = false;
      if (encodedDataLength) request.bytes = Math.max(0, encodedDataLength - (request.headerBytes ?? 0));
    };
    cdp.on('Network.loadingFinished', ended);
    cdp.on('Network.loadingFailed', ended);
    await cdp.send('Network.enable');
  }

  /** The widget's own files that came over the network: neither the page, nor what a server answers with data. */
  files() {
    const own = [...this.requests.values()].filter(
      ({ type, isCached, isData, bytes }) => type !== 'Document' && !isCached && !isData && bytes > 0,
    );
    return { bytes: own.reduce((total, { bytes }) => total + bytes, 0), requests: own.length };
  }

  /** Straight over the protocol: what Playwright puts into a page to wait for something costs as much as a widget. */
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.cdp.send('Runtime.evaluate', { expression, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** What the expression is when it is no longer 0, false or missing. */
  async until(expression, milliseconds = patience) {
    for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(40)) {
      const value = await this.evaluate(expression);
      if (value) return value;
    }
    throw new Error(`${expression} did not come true within ${milliseconds / 1000} s`);
  }

  async goto(url) {
    await this.page.goto(url, { waitUntil: 'load', timeout: patience });
    return this.until('bench.launcherAt');
  }

  async busy() {
    const { metrics } = await this.cdp.send('Performance.getMetrics');
    return 1000 * metrics.find(({ name }) => name === 'TaskDuration').value;
  }

  /** Until nothing is loaded and next to nothing done for half a second. Answers the main thread's time so far. */
  async rest() {
    let quiet = 0;
    let last = { busy: await this.busy(), requests: this.requests.size };
    for (const end = Date.now() + 12_000; quiet < 4 && Date.now() < end;) {
      await sleep(125);
      const now = { busy: await this.busy(), requests: this.requests.size };
      const isOpen = [...this.requests.values()].some((request) => request.isOpen);
      quiet = isOpen || now.requests !== last.requests || now.busy - last.busy > 12 ? 0 : quiet + 1;
      last = now;
    }
    return last.busy;
  }

  /** Clicks the launcher as a visitor does, and answers how long the field took to take the focus. */
  async open() {
    const { x, y } = await this.evaluate('bench.place()');
    await this.evaluate('bench.awaitInput()');
    await this.page.mouse.click(x, y);
    return this.inputTime();
  }

  async inputTime() {
    return this.until('bench.inputAt && bench.inputAt - bench.clickAt');
  }

  tasks() {
    return this.evaluate('bench.tasks');
  }

  /** Writes a question and waits for the answer to it. */
  async converse() {
    await this.evaluate('bench.focusInput()');
    await this.page.keyboard.type(question, { delay: 10 });
    await this.page.keyboard.press('Enter');
    await this.until(`bench.says(${JSON.stringify(answer)})`, 20_000);
  }
}

const round = (value, digits = 1) => Number(value.toFixed(digits));

/** What is loaded at each stage until a message is answered, and the memory of WebAssembly: counts, no times. */
export async function measureBytes(browser, candidate, url) {
  const context = await browser.newContext();
  try {
    const visit = await Visit.start(context, candidate, { network: mobile });
    const counted = {};
    await visit.page.goto(url, { waitUntil: 'commit' });
    await visit.until('window.bench?.launcherAt', 120_000);
    await visit.rest();
    const before = new Set(await visit.evaluate('bench.loadedBefore(bench.launcherAt)'));
    counted.idle = visit.files();
    if (candidate.input) {
      await visit.open();
      await visit.rest();
      counted.opened = visit.files();
      try {
        await visit.converse();
        counted.answered = true;
      } catch (error) {
        counted.answered = false;
        counted.problem = String(error).split('\n')[0];
      }
    }
    counted.usable = visit.files();
    const early = [...visit.requests.values()].filter(
      ({ url: name, isData, bytes }) => before.has(name) && !isData && bytes,
    );
    const total = early.reduce((sum, { bytes }) => sum + bytes, 0);
    counted.launcher = { bytes: total, requests: early.length };
    counted.wasm = await visit.evaluate('bench.wasmBytes()');
    counted.elsewhere = [...visit.elsewhere];
    return counted;
  } finally {
    await context.close();
  }
}

/** At full or reduced speed: times, tasks and memory; where wanted, then a second visit with the first one's cache. */
async function measureSpeed(browser, candidate, url, cpu, isRepeated) {
  const context = await browser.newContext();
  try {
    const result = {};
    const first = await Visit.start(context, candidate, { cpu });
    result.launcher = round(await first.goto(url));
    result.paint = round(await first.until('bench.paint()'));
    result.cpuIdle = round(await first.rest());
    if (candidate.input) {
      result.input = round(await first.open());
      result.cpuOpen = round(await first.rest());
    } else {
      result.cpuOpen = result.cpuIdle;
    }
    const tasks = await first.tasks();
    result.blocking = round(blockingTime(tasks));
    result.longest = round(longest(tasks));
    if (isRepeated) {
      await first.page.close();
      const again = await Visit.start(context, candidate, { cpu });
      await again.goto(url);
      result.repeatIdle = round(await again.rest());
      result.repeatBytes = again.files().bytes;
      if (candidate.input) await again.open();
      result.repeatCpu = candidate.input ? round(await again.rest()) : result.repeatIdle;
    } else {
      await first.cdp.send('HeapProfiler.collectGarbage');
      result.heap = (await first.cdp.send('Runtime.getHeapUsage')).usedSize;
    }
    return result;
  } finally {
    await context.close();
  }
}

/** On a slow network: the launcher, and a click on it when the page has come to rest, or the moment that it shows. */
async function measureMobile(browser, candidate, url, isEarly) {
  const context = await browser.newContext();
  try {
    const visit = await Visit.start(context, candidate, { network: mobile });
    if (isEarly) {
      await visit.page.addInitScript('bench.clickEarly()');
      await visit.goto(url);
      return { launcher: 0, input: round(await visit.inputTime()) };
    }
    const launcher = round(await visit.goto(url));
    const paint = round(await visit.until('bench.paint()'));
    if (!candidate.input) return { launcher, paint };
    await visit.rest();
    return { launcher, paint, input: round(await visit.open()) };
  } finally {
    await context.close();
  }
}

/** One round of one candidate. */
export async function measureRound(browser, candidate, url) {
  const fast = await measureSpeed(browser, candidate, url, 1, false);
  const slow = await measureSpeed(browser, candidate, url, slowdown, true);
  const mob = await measureMobile(browser, candidate, url, false);
  const early = candidate.input ? await measureMobile(browser, candidate, url, true) : {};
  return {
    ...{ launcher1: fast.launcher, launcher4: slow.launcher, launcherMob: mob.launcher },
    ...{ cpuIdle1: fast.cpuIdle, cpuIdle4: slow.cpuIdle, cpuOpen1: fast.cpuOpen, cpuOpen4: slow.cpuOpen },
    ...{ blocking4: slow.blocking, longest4: slow.longest, input1: fast.input, input4: slow.input },
    ...{ inputMob: mob.input, inputMobEarly: early.input },
    ...{ repeatBytes: slow.repeatBytes, repeatIdle4: slow.repeatIdle, repeatOpen4: slow.repeatCpu },
    ...{ heap: fast.heap, paint1: fast.paint, paint4: slow.paint, paintMob: mob.paint },
  };
}
