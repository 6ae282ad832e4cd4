// A help desk as its owner would write it: it verifies each webhook with the library that customers use, and answers by
// the admin API.
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

export class HelpDesk {
  /** Verified ones, in order of arrival. */
  events = [];
  /** Why others were not. */
  refusals = [];
  isOpen = true;
  secret = `whsec_${randomBytes(32).toString('base64')}`;
  adminKey = `wsk_${randomBytes(32).toString('base64url')}`;
  #http = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (!this.isOpen) return response.writeHead(503).end();
    try {
      this.events.push(new Webhook(this.secret).verify(Buffer.concat(chunks).toString(), request.headers));
      response.writeHead(204).end();
    } catch (error) {
      this.refusals.push(error.message);
      response.writeHead(401).end();
    }
  });

  async listen() {
    await new Promise((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
    return this;
  }

  stop() {
    this.#http.closeAllConnections();
    this.#http.close();
  }

  /** Adds this desk to a product's file. */
  describe(product) {
    const url = `http://localhost:${this.#http.address().port}/widgent`;
    product.handoff = { kind: 'webhook', url, secret: this.secret, label: 'Talk to our people' };
    product.egress.allow_hosts.push(new URL(url).host);
    product.admin_keys = [{ sha256: createHash('sha256').update(this.adminKey).digest('hex') }];
  }

  /** One request of the admin API, below `base`. */
  async act(base, path, body, headers = {}) {
    return fetch(`${base}/v1/admin/products/acme/${path}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${this.adminKey}`, 'Content-Type': 'application/json', ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
  }
}
