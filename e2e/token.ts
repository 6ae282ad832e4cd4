// Tokens as a backend signs them, and as it should not: nothing here corrects what a test asks for.
import { createHmac, randomUUID } from 'node:crypto';

export type Claims = Record<string, unknown>;
export type Header = Record<string, unknown>;

const encode = (text: string) => Buffer.from(text).toString('base64url');

/** Now, in the seconds that JWT counts. */
export const now = () => Math.floor(Date.now() / 1000);

/** Signs these texts as they are. */
export function signParts(secret: string, header: string, payload: string, digest = 'sha256'): string {
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${createHmac(digest, secret).update(signed).digest('base64url')}`;
}

/** Two tokens of the same claims differ. A claim that is undefined is left out. */
export function signToken(secret: string, claims: Claims, header: Header = {}): string {
  const issued = now();
  return signParts(
    secret,
    JSON.stringify({ alg: 'HS256', typ: 'JWT', ...header }),
    JSON.stringify({ iat: issued, exp: issued + 3600, jti: randomUUID(), ...claims }),
  );
}

export const people = {
  ada: { sub: 'ada', name: 'Ada Lovelace', email: 'ada@acme.example', metadata: { plan: 'pro' } },
  bob: { sub: 'bob', name: 'Bob Hayes', email: 'bob@acme.example', metadata: { plan: 'basic' } },
} as const;
