import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Reader } from './answers'
import { usePhone } from './phone'

/** How answers are read in this language, with the names of this book. */
export function useReader(): ComputedRef<Reader> {
  const { t, locale } = useI18n()
  const { book } = usePhone()
  return computed(() => ({ locale: locale.value, book: book.value, yes: t('fill.yes'), no: t('fill.no') }))
}
