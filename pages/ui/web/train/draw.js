// @ts-check
// A drawing area: each stroke sprays points around the pointer; undo takes a stroke back.
const REACH = 1.5,
  GREEN = '#0f8a4f',
  GRID = 1000;

/**
 * Make an element; this file has no module to import it from, Streamlit has it inline.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export default function mount(component) {
  const { parentElement, data, setTriggerValue } = component;
  let root = parentElement.querySelector(':scope > .gan-draw');
  if (root) {
    root.update(component);
    return;
  }
  root = document.createElement('div');
  root.className = 'gan-draw';
  const canvas = make('canvas', { width: '480', height: '480', role: 'img' });
  const brush = make('input', { type: 'range', min: '0', max: '0.4', step: '0.02', value: '0.08' });
  brush.setAttribute('aria-label', 'Brush size');
  const undo = make('button', { type: 'button', 'data-do': 'undo' }, 'Undo');
  const clear = make('button', { type: 'button', 'data-do': 'clear' }, 'Clear');
  const tools = make('div', {}, make('label', {}, 'brush ', brush), undo, clear);
  root.append(canvas, tools);
  parentElement.append(root);
  const context = canvas.getContext('2d');
  let send = setTriggerValue,
    most = data.max,
    strokes = data.points.length ? [data.points] : [],
    stroke = null,
    last = null;

  const all = () => strokes.flat();
  const round = (v) => Math.round(Math.max(-REACH, Math.min(REACH, v)) * GRID) / GRID;
  function paint() {
    const side = canvas.width,
      at = (v) => ((v / REACH + 1) * side) / 2;
    context.clearRect(0, 0, side, side);
    context.strokeStyle = 'rgba(128,128,128,.45)';
    context.beginPath();
    for (const tick of [-1, 0, 1]) {
      context.moveTo(at(tick), 0);
      context.lineTo(at(tick), side);
      context.moveTo(0, at(tick));
      context.lineTo(side, at(tick));
    }
    context.stroke();
    context.fillStyle = GREEN;
    const points = all();
    for (const [x, y] of points) {
      context.beginPath();
      context.arc(at(x), at(-y), 3, 0, 7);
      context.fill();
    }
    canvas.setAttribute('aria-label', `Drawing area, ${points.length} points`);
    undo.disabled = clear.disabled = !points.length;
  }
  function spray(event) {
    const box = canvas.getBoundingClientRect(),
      spread = Number(brush.value);
    const x = (((event.clientX - box.left) / box.width) * 2 - 1) * REACH,
      y = (1 - ((event.clientY - box.top) / box.height) * 2) * REACH;
    if (last && Math.hypot(x - last[0], y - last[1]) < 0.015) return;
    last = [x, y];
    for (let i = 0; i < 3 && all().length < most; i += 1) {
      const r = spread * Math.sqrt(Math.random()),
        a = 2 * Math.PI * Math.random();
      stroke.push([round(x + r * Math.cos(a)), round(y + r * Math.sin(a))]);
    }
    paint();
  }
  const tell = () => {
    paint();
    send('points', all());
  };
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    stroke = [];
    strokes.push(stroke);
    last = null;
    spray(event);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (stroke) spray(event);
  });
  for (const name of ['pointerup', 'pointercancel'])
    canvas.addEventListener(name, () => {
      if (stroke) {
        stroke = null;
        tell();
      }
    });
  undo.addEventListener('click', () => {
    strokes.pop();
    tell();
  });
  clear.addEventListener('click', () => {
    strokes = [];
    tell();
  });
  root.update = (next) => {
    send = next.setTriggerValue;
    most = next.data.max;
  };
  paint();
}
