import { createI18n } from 'vue-i18n'
import en from './en'
import zh from './zh-CN'

export type Locale = 'zh-CN' | 'en'
const KEPT = 'jinlin-locale'

export const i18n = createI18n({
  legacy: false,
  locale: localStorage.getItem(KEPT) === 'en' ? 'en' : 'zh-CN',
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zh, en },
})

/** The language texts are shown in and asked for. */
export function locale(): Locale {
  return i18n.global.locale.value
}

export function setLocale(to: Locale): void {
  i18n.global.locale.value = to
  localStorage.setItem(KEPT, to)
  document.documentElement.lang = to
}
