const PLACEHOLDER = "__csrf__";

export const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

/** Cards are the same for everybody, so their forms hold a placeholder; put this session's token in. */
export function fillTokens(root) {
  for (const input of root.querySelectorAll('input[name="csrf_token"]')) {
    if (input.value === PLACEHOLDER) input.value = token();
  }
}
