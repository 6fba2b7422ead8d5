// Libraries that make style sheets while the page runs need the nonce of the document's policy.
// It is read once and first of all: what they find later is `__webpack_nonce__`, by convention.

const meta = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]');
Object.assign(globalThis, { __webpack_nonce__: meta?.nonce });
