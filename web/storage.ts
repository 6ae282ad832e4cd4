// What outlives the page: the guest's id, the salt of the fingerprints and the agent's look (this browser), the pointer
// to the guest's thread (this tab). Never a token, never a transcript. Where the browser forbids storage, memory takes
// its place.

export interface Storage {
  read(key: StorageKey): string;
  /** An empty value removes. */
  write(key: StorageKey, value: string): void;
}
export type StorageKey = 'guest_id' | 'thread_id' | 'thread_of' | 'salt' | 'look';

export function openStorage(productId: string): Storage {
  const memory: Partial<Record<StorageKey, string>> = {};
  const name = (key: StorageKey) => `widgent:${productId}:${key.replace('_id', '')}`;
  // Reading the property alone throws where storage is blocked.
  const area = (key: StorageKey) => (key.startsWith('thread') ? sessionStorage : localStorage);
  return {
    read(key) {
      try {
        return area(key).getItem(name(key)) ?? memory[key] ?? '';
      } catch {
        return memory[key] ?? '';
      }
    },
    write(key, value) {
      memory[key] = value;
      try {
        if (value) area(key).setItem(name(key), value);
        else area(key).removeItem(name(key));
      } catch {
        // Blocked or full: memory holds it.
      }
    },
  };
}

/** 128 random bits in hexadecimal digits. */
export function newId(): string {
  let text = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) text += (byte + 256).toString(16).slice(1);
  return text;
}

/** 128 random bits in hexadecimal digits that all tabs of this browser share; where nothing is stored, none do. */
export function sharedSalt(storage: Storage): string {
  const salt = storage.read('salt') || newId();
  storage.write('salt', salt);
  return salt;
}
