// The admin API of the page's own server. The admin key is held here, in memory alone.
import type { Head, Product } from './types.ts';

/** What the server said no with, in its own words. */
export class AdminError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const wrongKey =
  'No product of this name has this admin key. On the server, widgentd product admin-key ID makes a new one.';

/** One sign-in: a product, its key, and who says so. */
export class Api {
  #key: string;
  readonly #base: string;

  constructor(
    readonly productId: string,
    key: string,
    readonly who: string,
  ) {
    this.#key = key;
    this.#base = `/v1/admin/products/${encodeURIComponent(productId)}`;
  }

  /** After this nothing can be asked any more. */
  forget(): void {
    this.#key = '';
  }

  product(signal?: AbortSignal): Promise<Product> {
    return this.get('', signal);
  }

  head(signal?: AbortSignal): Promise<Head> {
    return this.get('/audit/head', signal);
  }

  async get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
    return (await this.#ask('GET', path, undefined, signal)).json() as Promise<Answer>;
  }

  /** Changes something, in the name of who signed in. */
  async send<Answer>(method: 'POST' | 'PUT', path: string, body: object, signal?: AbortSignal): Promise<Answer> {
    return (await this.#ask(method, path, { ...body, name: this.who }, signal)).json() as Promise<Answer>;
  }

  /** As `send`, where nothing is changed and so nobody is named. */
  async post<Answer>(path: string, body: object, signal?: AbortSignal): Promise<Answer> {
    return (await this.#ask('POST', path, body, signal)).json() as Promise<Answer>;
  }

  /** Exported audit records, a line each, as they were written. */
  async lines(query: URLSearchParams, signal?: AbortSignal): Promise<string[]> {
    const text = await (await this.#ask('GET', `/audit?${query}`, undefined, signal)).text();
    return text.split('\n').filter(Boolean);
  }

  async #ask(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.#base + path, {
        method,
        cache: 'no-store',
        headers: { Authorization: `Bearer ${this.#key}`, ...(body && { 'Content-Type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new AdminError('unreachable', 'The server cannot be reached.');
    }
    if (response.ok) return response;
    const problem = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    const code = String(problem.code ?? `http_${response.status}`);
    const said = [problem.detail, problem.hint].filter(Boolean).join(' ');
    throw new AdminError(
      code,
      code === 'admin_key_invalid' ? wrongKey : said || `The server answered with status ${response.status}.`,
    );
  }
}
