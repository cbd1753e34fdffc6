"""Who may do what here, said in the words of RFC 3744."""

from typing import Any
from xml.etree import ElementTree as ET

from xandikos import webdav


class CurrentUserPrivilegeSetProperty(webdav.Property):
    """The truth: read everywhere, write where the port says so."""

    name = "{DAV:}current-user-privilege-set"
    in_allprops = False
    live = True

    async def get_value(self, href: str, resource: Any, el: ET.Element, environ: Any) -> None:
        """One element for each privilege."""
        for privilege in resource.privileges():
            ET.SubElement(ET.SubElement(el, "{DAV:}privilege"), privilege)


class OwnerProperty(webdav.Property):
    """The person a branch belongs to; absent where nobody owns it."""

    name = "{DAV:}owner"
    in_allprops = False
    live = True

    async def get_value(self, href: str, resource: Any, el: ET.Element, environ: Any) -> None:
        """The owner's principal."""
        owner = resource.get_owner()
        if owner is None:
            raise KeyError
        el.append(webdav.create_href(environ["SCRIPT_NAME"] + owner))
