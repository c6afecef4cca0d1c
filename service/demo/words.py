"""What the demo's screen calls states and events, in both languages at once, and how each is coloured."""

from __future__ import annotations

AGENT_STATES = {
    "ready": ("空闲 ready", "green"),
    "offered": ("振铃 ringing", "yellow"),
    "talking": ("通话 talking", "cyan"),
    "on_hold": ("保持 on hold", "blue"),
    "busy_elsewhere": ("占线 other call", "yellow"),
    "wrap_up": ("话后 wrap-up", "magenta"),
    "paused": ("示忙 paused", "dim"),
    "not_responding": ("无应答 no answer", "red"),
    "signed_out": ("未签入 signed out", "dim"),
}
CALL_STATES = {
    "waiting": ("排队 waiting", "yellow"),
    "offered": ("振铃 ringing", "yellow"),
    "returning": ("返回 returning", "yellow"),
    "talking": ("通话 talking", "cyan"),
    "on_hold": ("保持 on hold", "blue"),
}
EVENTS = {
    "PlansLoaded": ("配置 configured", "dim"),
    "StepPassed": ("流程 flow step", "dim"),
    "Queued": ("入队 queued", "yellow"),
    "TurnedAway": ("未入队 turned away", "red"),
    "Restored": ("恢复 restored", "yellow"),
    "SessionDetached": ("中断 session lost", "red"),
    "Offered": ("派单 offered", ""),
    "OfferWithdrawn": ("撤回 withdrawn", "red"),
    "CallerReturned": ("返回 returned", "yellow"),
    "Connected": ("接通 connected", "green"),
    "PutOnHold": ("保持 put on hold", "blue"),
    "TakenOffHold": ("取回 taken off hold", "cyan"),
    "TakenOver": ("转接 handed over", "green"),
    "Ended": ("结束 ended", "cyan"),
    "Abandoned": ("放弃 abandoned", "red"),
    "Diverted": ("转出 diverted", "magenta"),
    "StepWidened": ("放宽 widened", "magenta"),
    "PreferenceEnded": ("不再专候 for anybody", "magenta"),
    "NobodyThere": ("无人 nobody there", "red"),
    "SentOn": ("转往别处 sent on", "magenta"),
    "AskedToLeave": ("按键离开 leaves by key", "magenta"),
    "CallbackPromised": ("承诺回拨 callback", "yellow"),
    "CallbackRestored": ("恢复回拨 restored", "yellow"),
    "CallbackDialled": ("回拨 calling back", ""),
    "CallbackTried": ("回拨过 called back", "dim"),
    "CallbackDue": ("待回拨 due again", "yellow"),
    "CallbackEnded": ("回拨结束 all called", "dim"),
    "NumberDialled": ("外呼 dialling out", ""),
    "DialRefused": ("拒绝外呼 not dialled", "red"),
    "HandedOver": ("转接 handed over", "green"),
    "FarEndAnswered": ("外线接通 answered", "green"),
    "FarEndGone": ("外线结束 over", "cyan"),
    "MessageLeft": ("留言 message", "yellow"),
    "FaxReceived": ("传真 fax", "yellow"),
    "SurveyAnswered": ("评价 survey", "cyan"),
    "AgentWish": ("话后安排 after this call", "dim"),
    "SkillsChanged": ("技能 skills changed", "dim"),
    "RoutingHeld": ("暂停派单 held", "red"),
    "RoutingResumed": ("恢复派单 resumed", "green"),
}
IN_TABLES = frozenset({"StillWaiting", "AgentStateChanged", "PhoneUseChanged", "SessionAttached"})
"""Of every caller in line and every agent, again and again: the tables say it better, or an event of another name does."""


def event_words(kind: str) -> tuple[str, str]:
    """Return what an event is called and how it is coloured; one of tomorrow's goes by its own name."""
    return EVENTS.get(kind, (kind, "dim"))
