/// Photos made small: drawn anew, so that nothing of the camera's own notes (place, owner) is left in them.

const LONGEST_PX = 1600
const QUALITY = 0.8
const THUMB_PX = 200
const THUMB_BYTES = 8_000
const THUMB_QUALITIES = [0.7, 0.5, 0.35, 0.2, 0.1]

export interface Picture {
  blob: Blob
  /** A `data:` address of at most 8 kB. */
  thumb: string
}

/** The picture in a file, at most 1,600 px long, upright. Raises for a file that is no picture. */
export async function picture(file: Blob): Promise<Picture> {
  const image = await createImageBitmap(file, { imageOrientation: 'from-image' })
  try {
    const blob = await encoded(drawn(image, image.width, image.height, LONGEST_PX), 'image/jpeg')
    return { blob, thumb: thumbnail(image, image.width, image.height) }
  } finally {
    image.close()
  }
}

/** What was drawn on a canvas, as a picture. */
export async function drawing(canvas: HTMLCanvasElement): Promise<Picture> {
  const blob = await encoded(canvas, 'image/png')
  return { blob, thumb: thumbnail(canvas, canvas.width, canvas.height) }
}

function thumbnail(source: CanvasImageSource, width: number, height: number): string {
  const small = drawn(source, width, height, THUMB_PX)
  for (const quality of THUMB_QUALITIES) {
    const address = small.toDataURL('image/webp', quality)
    if (address.length <= THUMB_BYTES) return address
  }
  return drawn(source, width, height, THUMB_PX / 4).toDataURL('image/jpeg', 0.5)
}

function drawn(source: CanvasImageSource, width: number, height: number, longest: number): HTMLCanvasElement {
  const scale = Math.min(1, longest / Math.max(width, height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(width * scale))
  canvas.height = Math.max(1, Math.round(height * scale))
  const pen = canvas.getContext('2d') as CanvasRenderingContext2D
  pen.fillStyle = '#fff'
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.drawImage(source, 0, 0, canvas.width, canvas.height)
  return canvas
}

function encoded(canvas: HTMLCanvasElement, type: string): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(blob => (blob === null ? reject(new Error('no picture')) : resolve(blob)), type, QUALITY)
  })
}
