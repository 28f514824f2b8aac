// @ts-check
// Tells the server when the page is not of the theme that its figures were drawn for: once for each turn.
let told = '';

/**
 * Called at every change of data or theme.
 * @param {import('./view.js').Component<{script: string, drawn: string}>} component
 */
export default function follow({ data, parentElement, setTriggerValue }) {
  import(new URL(data.script, document.baseURI).href).then(
    ({ pageTheme }) => {
      const now = pageTheme(parentElement);
      if (now === data.drawn) told = '';
      else if (now !== told && parentElement.isConnected) {
        told = now;
        setTriggerValue('turned', now);
      }
    },
    () => {}, // no network: the next turn tries again
  );
}
