// Written in the JavaScript of 2017 on purpose: an old Node must be able to read this file.

/** Ends the process with one message when this Node is older than the product supports. */
export function demandSupportedNode() {
  const parts = process.versions.node.split('.').map(Number);
  const supported = (parts[0] === 20 && parts[1] >= 19) || parts[0] >= 22;
  if (supported) return;
  console.error(
    `需要 Node.js 20.19 以上的 20 系列、22 或 24；当前为 ${process.versions.node}。请安装后重试。\n` +
      `Node.js 20.19 or later of the 20 series, 22 or 24 is needed; this is ${process.versions.node}. Install one and try again.`,
  );
  process.exit(1);
}
