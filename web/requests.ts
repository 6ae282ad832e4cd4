// Performs the machine's requests: one fetch each, the body handed on as it arrives.
import type { Event, SendRequest } from './seam.ts';

export interface Requests {
  send(effect: SendRequest): void;
  /** Nothing of it is reported any more. */
  cancel(request: number): void;
  cancelAll(): void;
}

export function openRequests(base: string, report: (event: Event) => void): Requests {
  const running = new Map<number, AbortController>();

  async function run(effect: SendRequest, abort: AbortController): Promise<void> {
    const { request, method, path, body } = effect;
    const tell = (event: Event) => running.get(request) === abort && report(event);
    try {
      const response = await fetch(base + path.slice(1), {
        method,
        headers: headersOf(effect),
        body: body || null,
        credentials: 'omit',
        cache: 'no-store',
        redirect: 'error',
        signal: abort.signal,
        // A sign-out or a Stop reaches the server even if the page is being left.
        keepalive: !effect.stream,
      });
      const started: Event = { type: 'response_started', request, status: response.status };
      const wait = Number(response.headers.get('Retry-After') ?? NaN);
      if (wait >= 0) started.retry_after_s = Math.ceil(wait);
      tell(started);
      const reader = response.body?.getReader();
      const decoder = new TextDecoder();
      while (reader) {
        const { done, value } = await reader.read();
        const text = decoder.decode(value, { stream: !done });
        if (text) tell({ type: 'response_chunk', request, text });
        if (done) break;
      }
      tell({ type: 'response_ended', request });
    } catch {
      tell({ type: 'request_failed', request });
    }
    if (running.get(request) === abort) running.delete(request);
  }

  function cancel(request: number): void {
    const abort = running.get(request);
    running.delete(request);
    abort?.abort();
  }

  return {
    send(effect) {
      const abort = new AbortController();
      running.set(effect.request, abort);
      void run(effect, abort);
    },
    cancel,
    cancelAll() {
      running.forEach((_, request) => cancel(request));
    },
  };
}

function headersOf(effect: SendRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  if (!effect.service_key) return headers;
  headers['Widgent-Service-Key'] = effect.service_key;
  if (effect.stream) headers.Accept = 'text/event-stream';
  if (effect.body) headers['Content-Type'] = 'application/json';
  if (effect.token) headers.Authorization = `Bearer ${effect.token}`;
  if (effect.guest_id) headers['Widgent-Anonymous-Id'] = effect.guest_id;
  if (effect.last_event_id) headers['Last-Event-ID'] = effect.last_event_id;
  return headers;
}
