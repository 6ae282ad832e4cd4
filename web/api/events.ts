// The page's events that say what the panel is being told anyway.
import type { ViewEffect } from '../seam.ts';

export class EventDeriver {
  private readonly streaming = new Set<string>();
  private readonly tools = new Map<string, string>();

  constructor(private readonly emit: (name: string, detail: Record<string, unknown>) => void) {}

  take(effect: ViewEffect): void {
    switch (effect.type) {
      case 'show_message':
        if (effect.status === 'streaming') this.streaming.add(effect.id);
        break;
      case 'append_text':
        this.emit('reply:delta', { id: effect.id, delta: effect.text });
        break;
      case 'update_message':
        if (effect.status !== 'streaming' && this.streaming.delete(effect.id) && effect.status === 'done')
          this.emit('message:received', { id: effect.id });
        break;
      case 'show_tool':
        this.takeTool(effect);
        break;
    }
  }

  private takeTool({ id, name, status }: Extract<ViewEffect, { type: 'show_tool' }>): void {
    if (status === 'running') {
      this.tools.set(id, name);
      return this.emit('tool:start', { id, name });
    }
    const known = { id, name: this.tools.get(id) };
    this.tools.delete(id);
    if (status === 'denied') this.emit('tool:denied', known);
    else this.emit('tool:end', { ...known, ok: status === 'done' });
  }
}
