// @ts-check
// What the browser can draw with.

function looksForGraphics() {
  const context = document.createElement('canvas').getContext('webgl');
  if (!context) return false;
  const info = context.getExtension('WEBGL_debug_renderer_info');
  const name = String(context.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : context.RENDERER));
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return !/swiftshader|llvmpipe|software|basic render/i.test(name);
}

/**
 * Whether the browser draws without a graphics card. Each change of a picture then costs processor time, which on the
 * server's own machine is the training's: what is only for the eye's ease is left out.
 */
export const withoutGraphics = !looksForGraphics();
