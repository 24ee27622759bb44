"""Who there is: the roles that workflow tables and forms name (catalogue 3.6)."""

from __future__ import annotations

from collections.abc import Mapping

from forms.messages import Text

ROLES: Mapping[str, Text] = {
    "worker": {"zh-CN": "网格员", "en": "Grid worker"},
    "building_head": {"zh-CN": "楼长、联络员", "en": "Building head or liaison"},
    "steward": {"zh-CN": "贴心管家（物业）", "en": "Steward (property company)"},
    "volunteer": {"zh-CN": "在职党员、志愿者", "en": "Member in service or volunteer"},
    "branch": {"zh-CN": "小区党支部书记", "en": "Secretary of the compound branch"},
    "community": {"zh-CN": "社区工作者", "en": "Community staff"},
    "street": {"zh-CN": "督导（街道）", "en": "Supervisor (street)"},
    "district": {"zh-CN": "区县", "en": "District"},
    "auditor": {"zh-CN": "审计", "en": "Auditor"},
    "author": {"zh-CN": "表单作者", "en": "Form author"},
    "admin": {"zh-CN": "系统管理员", "en": "Administrator"},
    "server": {"zh-CN": "所属服务器", "en": "Home server"},
}
"""Every role by its name. `server` is the home server of a grid, which acts when a clock has run out."""
