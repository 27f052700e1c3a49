"""Telling people and programs that a stage has failed."""

from pipeline_dsl.engine.notices.email import EmailRequest, MailServer
from pipeline_dsl.engine.notices.notice import Notice
from pipeline_dsl.engine.notices.send import send
from pipeline_dsl.engine.notices.webhook import WebhookRequest, allowed

__all__ = ["EmailRequest", "MailServer", "Notice", "WebhookRequest", "allowed", "send"]
