// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// What old or careless tokens are like: a symbol of 32 bytes, and nothing about decimals.
contract OldToken {
    bytes32 public constant symbol = "OLD";
    mapping(address => uint256) public balanceOf;

    event Transfer(address indexed from, address indexed to, uint256 value);

    constructor(uint256 supply) {
        balanceOf[msg.sender] = supply;
        emit Transfer(address(0), msg.sender, supply);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        balanceOf[msg.sender] -= value;
        balanceOf[to] += value;
        emit Transfer(msg.sender, to, value);
        return true;
    }
}

/// Refuses every question, and logs transfers without indexed addresses.
contract SilentToken {
    event Transfer(address from, address to, uint256 value);

    function transfer(address to, uint256 value) external returns (bool) {
        emit Transfer(msg.sender, to, value);
        return true;
    }

    fallback() external {
        revert("no answer");
    }
}
