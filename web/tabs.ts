// The other tabs of this browser and product.

export interface Tabs {
  tell(kind: string, fingerprint: string): void;
  close(): void;
}

export function openTabs(productId: string, hear: (kind: string, fingerprint: string) => void): Tabs {
  let channel: BroadcastChannel | undefined;
  try {
    channel = new BroadcastChannel(`widgent:${productId}`);
    channel.onmessage = ({ data }) => {
      const { kind, fingerprint } = Object(data) as Record<string, unknown>;
      hear(String(kind), String(fingerprint));
    };
  } catch {
    // A page without an origin has no other tabs.
  }
  return {
    tell: (kind, fingerprint) => channel?.postMessage({ kind, fingerprint }),
    close: () => channel?.close(),
  };
}
