// Reads a token without judging it: that is the server's business alone. No part of its text leaves this file but as
// decoded values.

export interface TokenParts {
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
}

function readSegment(segment: string | undefined): Record<string, unknown> | undefined {
  try {
    const bytes = Uint8Array.from(atob(segment!.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return value && typeof value == 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

export function readToken(token: string): TokenParts {
  const [header, payload] = token.split('.').map(readSegment);
  return { ...(header && { header }), ...(payload && { claims: payload }) };
}
