/// Where the app is put together: the only module that reads the clock, rolls dice and touches the network.
import { createApp } from 'vue'
import { i18n, locale } from '../i18n'
import App from '../ui/App.vue'
import { observe, SEEN } from '../ui/phone'
import { router } from '../ui/router'
import '../ui/theme.css'
import { useVant } from '../ui/vant'
import { Phone } from './phone'
import { recover } from './writing'
import { soleWriter } from './tab'
import { setTextSize, textSize } from './textsize'
import { installWorker } from './update'
import { watchOutside } from './watch'

async function start(): Promise<void> {
  setTextSize(textSize())
  document.documentElement.lang = locale()
  await soleWriter({ open: i18n.global.t('browser.secondTab'), take: i18n.global.t('browser.takeOver') })
  const phone = await Phone.open({
    now: () => Date.now(),
    random: count => crypto.getRandomValues(new Uint8Array(count)),
    fetch: (url, init) => fetch(url, init),
    origin: location.origin,
    prefix: '',
    timers: {
      after: (ms, act) => {
        const timer = setTimeout(act, ms)
        return () => clearTimeout(timer)
      },
    },
    locale,
  })
  await recover(phone)
  const seen = await observe(phone)
  const app = createApp(App)
  app.provide(SEEN, seen)
  app.use(i18n)
  app.use(router(seen))
  useVant(app)
  app.mount('#app')
  watchOutside(seen)
  installWorker()
}

void start()
