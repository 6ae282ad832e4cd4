// What the identity inspector is told, and the inspector itself, which is loaded when somebody asks for it.
import type { IdentityTransition, InspectorInput, InspectorModule, InspectorOverlay } from './inspector/input.ts';
import { findPart, type ImportPart } from './modules.ts';
import type { IdentityState } from './seam.ts';

const transitionsMax = 20;

export class Diagnosis {
  /** The last that the page has given; in this closure alone. */
  token: string | undefined;
  private readonly transitions: IdentityTransition[] = [];
  private module: Promise<InspectorModule> | undefined;
  private overlay: InspectorOverlay | undefined;
  private closed = false;

  constructor(
    private readonly base: string,
    private readonly importPart: ImportPart,
    private readonly read: () => Omit<InspectorInput, 'base' | 'token' | 'transitions'>,
  ) {}

  note(from: IdentityState, to: IdentityState, reason?: string): void {
    if (reason === 'signed_out') this.token = undefined;
    if (from === to && !reason) return;
    const { transitions } = this;
    transitions.push(reason ? { at: Date.now(), from, to, reason } : { at: Date.now(), from, to });
    if (transitions.length > transitionsMax) transitions.shift();
    // Once the effects of this step are done.
    queueMicrotask(() => this.overlay?.refresh());
  }

  async inspect(): Promise<unknown> {
    return (await this.load()).inspect(this.input());
  }

  async openOverlay(): Promise<void> {
    const { openOverlay } = await this.load();
    if (!this.closed) this.overlay ??= openOverlay(() => this.input());
  }

  close(): void {
    this.closed = true;
    this.token = undefined;
    this.overlay?.close();
  }

  private input(): InspectorInput {
    const { token, transitions, base } = this;
    return { ...this.read(), base, transitions, ...(token && { token }) };
  }

  private load(): Promise<InspectorModule> {
    return (this.module ??= findPart(this.base, 'inspector').then((place) => this.importPart(...place)));
  }
}
