/// The parts of Vant that are used, with their styles; nothing else of it is in the app.
import type { App } from 'vue'
import { Button, Icon, NavBar, Popup, Progress, Tabbar, TabbarItem } from 'vant'
import 'vant/es/button/style/index'
import 'vant/es/dialog/style/index'
import 'vant/es/icon/style/index'
import 'vant/es/nav-bar/style/index'
import 'vant/es/popup/style/index'
import 'vant/es/progress/style/index'
import 'vant/es/tabbar/style/index'
import 'vant/es/tabbar-item/style/index'
import 'vant/es/toast/style/index'

/** Register them under their own names (`van-button`, …). */
export function useVant(app: App): void {
  for (const part of [Button, Icon, NavBar, Popup, Progress, Tabbar, TabbarItem]) app.use(part)
}
