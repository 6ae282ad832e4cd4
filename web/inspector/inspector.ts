// The identity inspector: what the module offers to the widget (InspectorModule in input.ts).
export { inspect } from './inspect.ts';
export { openOverlay } from './overlay.ts';
