// Decoded crop frames, kept as the planes that the decoder gives: a third of what pixels would take.

export interface Picture {
  readonly planes: Uint8Array<ArrayBuffer>;
  readonly init: VideoFrameBufferInit;
}

export function sizeBytes(picture: Picture): number {
  return picture.planes.byteLength;
}

/** Draw the picture over the whole canvas. */
export function draw(context: CanvasRenderingContext2D, picture: Picture): void {
  const frame = new VideoFrame(picture.planes, picture.init);
  try {
    context.drawImage(frame, 0, 0, context.canvas.width, context.canvas.height);
  } finally {
    frame.close();
  }
}
