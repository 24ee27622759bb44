/// How large the words are, remembered on this phone.

export const TEXT_SIZES = ['normal', 'large', 'largest'] as const
export type TextSize = (typeof TEXT_SIZES)[number]
const KEPT = 'jinlin-text'

export function textSize(): TextSize {
  return TEXT_SIZES.find(size => size === localStorage.getItem(KEPT)) ?? 'normal'
}

export function setTextSize(size: TextSize): void {
  localStorage.setItem(KEPT, size)
  document.documentElement.dataset.text = size
}
