// A reply that takes some seconds to be said, so that a test can act in the middle of it.
import type { Change } from './stack.ts';

const end = 'That was the whole of the story.';

export const slow: { change: Change; beginning: string; end: string } = {
  change: (product) => {
    const story = Array.from({ length: 200 }, (_, i) => `It passed milestone ${i}.`)
      .join(' ')
      .slice(0, 1200);
    for (const tool of product.tools)
      tool.answer = `Order {{result.id}} ({{result.items}}) is on its way. ${story} ${end}`;
  },
  beginning: 'is on its way. It passed',
  end,
};
