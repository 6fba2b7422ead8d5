// By what a file is known again, whatever it is called: its size, and samples of its content.

const SAMPLE = 1 << 20;

export async function fingerprint(file: Blob): Promise<string> {
  const starts = [0, Math.floor((file.size - SAMPLE) / 2), file.size - SAMPLE];
  const samples = starts.map((start) => {
    const from = Math.max(start, 0);
    return file.slice(from, from + SAMPLE);
  });
  const content = await new Blob([`${file.size}\n`, ...samples]).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return `samples-sha256:${[...digest].map((one) => one.toString(16).padStart(2, "0")).join("")}`;
}
