"""Where the service's neighbours are, as the settings say: every Asterisk, Redis or its Sentinels, the MQTT broker."""

from __future__ import annotations

import ssl
from pathlib import Path

from acd.names import NodeId
from cti_bridge.ami.link import AmiAddress
from cti_bridge.kept.link import Sentinels
from cti_bridge.publishing.mqtt import MqttAddress
from service.settings import Settings, nodes_in, places_in


def asterisks(settings: Settings) -> tuple[AmiAddress, ...]:
    """Every Asterisk; the same AMI user on each."""
    first = (settings.node, (settings.ami_host, settings.ami_port))
    password, tls = settings.ami_password.get_secret_value(), trusting(settings.ami_ca)
    return tuple(
        AmiAddress(NodeId(node), host, port, settings.ami_user, password, tls)
        for node, (host, port) in (first, *nodes_in(settings.more_asterisks).items())
    )


def sentinels(settings: Settings) -> Sentinels | None:
    """Who knows where Redis is; None where it is in one place."""
    if not settings.redis_sentinels:
        return None
    password = settings.redis_sentinel_password.get_secret_value()
    return Sentinels(places_in(settings.redis_sentinels), settings.redis_master, password)


def broker(settings: Settings) -> MqttAddress:
    """The MQTT broker."""
    password = settings.mqtt_password.get_secret_value()
    return MqttAddress(settings.mqtt_host, settings.mqtt_port, settings.mqtt_user, password, trusting(settings.mqtt_ca))


def trusting(authority: Path | None) -> ssl.SSLContext | None:
    """How to speak TLS with who has a certificate of this authority, under the name we call them by; None: no TLS."""
    return None if authority is None else ssl.create_default_context(cafile=authority)
