// @ts-check
// z → generator → generated → discriminator ← real, and the two losses with what each improves.
import { el, setAttr, setText } from '../core/dom.js';
import { decimal, integer } from '../core/format.js';

const CONTROLS = 'input, select, textarea, [role="slider"], [role="combobox"], button';
/** @type {Record<string, string[]>} */
const HALVES = { d: ['generated', 'real', 'discriminator', 'd-loss'], g: ['z', 'generator', 'generated', 'g-loss'] };

/**
 * Open the section of the sidebar that holds a part's controls, and put the focus on the first of them.
 * @param {string} section
 */
export function openControls(section) {
  const collapsed = document.querySelector('[data-testid="stSidebar"][aria-expanded="false"]');
  const expand = '[data-testid="stExpandSidebarButton"] button, button[data-testid="stExpandSidebarButton"]';
  if (collapsed) /** @type {HTMLElement | null} */ (document.querySelector(expand))?.click();
  const begun = performance.now();
  (function find() {
    const box = document.querySelector(`.st-key-section-${section}`);
    if (!box) {
      if (performance.now() - begun < 1500) setTimeout(find, 100);
      return;
    }
    const details = box.matches('details') ? box : box.querySelector('details') || box.closest('details');
    if (details && !details.open) details.querySelector('summary')?.click();
    setTimeout(
      () => {
        const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
        box.scrollIntoView({ block: 'center', behavior: calm ? 'auto' : 'smooth' });
        /** @type {NodeListOf<HTMLInputElement>} */
        const controls = box.querySelectorAll(CONTROLS);
        const isHelp = (/** @type {Element} */ node) => node.closest('[data-testid="stTooltipIcon"]');
        const control = [...controls].find((node) => !node.disabled && node.getClientRects().length && !isHelp(node));
        control?.focus({ preventScroll: true });
      },
      collapsed ? 450 : 200,
    );
  })();
}

export function flow() {
  /** @type {Record<string, {node: HTMLElement, name: HTMLElement, note: HTMLElement}>} */
  const parts = {};
  /** @param {string} id @param {string} role @param {string} section @param {string} title @param {string} hint */
  const part = (id, role, section, title, hint) => {
    const name = el('b', { text: title }),
      note = el('span', { text: '\u00a0' });
    const node = el(
      'button',
      {
        type: 'button',
        class: `part ${role}`,
        'data-part': id,
        title: `${hint} Click: its controls.`,
        onclick: () => openControls(section),
      },
      name,
      note,
    );
    parts[id] = { node, name, note };
    return node;
  };
  const arrow = (/** @type {string} */ kind) => el('span', { class: `arrow ${kind}`, 'aria-hidden': 'true' });
  const node = el(
    'div',
    { class: 'flow', role: 'group', 'aria-label': 'How the parts play together' },
    el(
      'div',
      { class: 'path' },
      part('z', 'noise', 'noise', 'z', 'Noise: random numbers, one set for each sample.'),
      arrow('to'),
      part('generator', 'fake', 'generator', 'Generator', 'G turns noise into samples.'),
      arrow('to'),
      part('generated', 'fake', 'generator', 'generated', 'G(z): what the generator makes.'),
      arrow('to'),
      part('discriminator', 'd', 'discriminator', 'Discriminator', 'D tells real from generated.'),
      arrow('from'),
      part('real', 'real', 'data', 'real', 'x: samples of the data.'),
    ),
    el(
      'div',
      { class: 'aims' },
      part('d-loss', 'd', 'game', 'D’s loss', 'What D makes small: its mistakes on real and generated samples.'),
      part('g-loss', 'fake', 'game', 'G’s loss', 'What G makes small: its gradient comes back through D.'),
    ),
  );
  setText(parts.generated.note, 'what it makes');
  setText(parts['d-loss'].note, 'improves D');
  setText(parts['g-loss'].note, 'improves G, through D');

  /** @param {string} half @param {string} strength */
  function light(half, strength) {
    const lit = HALVES[half] || [];
    for (const [id, { node: box }] of Object.entries(parts))
      setAttr(box, 'data-lit', lit.includes(id) ? strength : 'no');
    setAttr(node, 'data-half', half || 'none');
  }

  return {
    node,
    /** @param {{header: import('../core/frame.js').FrameHeader}} frame @param {number} now */
    update({ header }, now) {
      setText(parts.z.note, `${integer(header.latent_dim)} numbers`);
      setText(parts.generator.note, `${integer(header.g_weights)} weights`);
      setText(parts.discriminator.note, `${integer(header.d_weights)} weights`);
      setText(parts.real.note, header.data || '\u00a0');
      setText(parts['d-loss'].name, `D’s loss ${decimal(header.stats?.d_loss)}`);
      setText(parts['g-loss'].name, `G’s loss ${decimal(header.stats?.g_loss)}`);
      // In slow motion the half that was just done; at speed both take turns, softly.
      if (header.phase) light(header.phase, 'yes');
      else if (header.state === 'playing') light(Math.floor(now / 1200) % 2 ? 'g' : 'd', 'soft');
      else light('', 'no');
    },
  };
}
