import { createI18n } from 'vue-i18n'
import en from './en'
import zh from './zh-CN'

export type Locale = 'zh-CN' | 'en'
const KEPT = 'jinlin-locale'

export const i18n = createI18n({
  legacy: false,
  locale: kept() as string,
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zh, en } as Record<string, typeof zh>,
})

/** The language texts are shown in and asked for. */
export function locale(): Locale {
  return i18n.global.locale.value as Locale
}

export function setLocale(to: Locale): void {
  i18n.global.locale.value = to
  localStorage.setItem(KEPT, to)
  document.documentElement.lang = to
}

function kept(): Locale {
  const said = localStorage.getItem(KEPT)
  return said === 'en' ? 'en' : 'zh-CN'
}
